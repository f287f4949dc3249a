/*
 * The limit: what the kernel asks for starting processes, and nothing else. Loops of vfork + exec + wait that share a counter.
 *
 *     limit LOOPS COUNT [--logs DIR] COMMAND [ARG ...]
 *
 * Runs COMMAND COUNT times, LOOPS at a time. With --logs each run writes its stdout to a new file DIR/<number>; without, the output
 * goes where ours goes. COMMAND is a path: nothing is looked up. Prints how many runs exited with 0; exits with 1 if one did not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
  atomic_long next;
  atomic_long succeeded;
};

static void die(const char *what) {
  perror(what);
  exit(2);
}

static long number(const char *text) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end != '\0' || value < 1) {
    fprintf(stderr, "limit: %s: expected a number from 1\n", text);
    exit(2);
  }
  return value;
}

static int new_log(const char *logs, long index) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%ld", logs, index);
  int log = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (log < 0) die(path);
  return log;
}

/* Starts one run, its stdout on `log` unless that is -1. The child of a vfork may do no more than this. */
static pid_t start(char **command, int log) {
  pid_t pid = vfork();
  if (pid == 0) {
    if (log >= 0) dup2(log, STDOUT_FILENO);
    execv(command[0], command);
    _exit(127);
  }
  if (pid < 0) die("vfork");
  return pid;
}

/* 1 if the run exited with 0. */
static int run_one(long index, const char *logs, char **command) {
  int log = logs == NULL ? -1 : new_log(logs, index);
  pid_t pid = start(command, log);
  if (log >= 0) close(log);
  int status;
  if (waitpid(pid, &status, 0) != pid) die("waitpid");
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void loop(struct shared *shared, long count, const char *logs, char **command) {
  for (;;) {
    long index = atomic_fetch_add(&shared->next, 1);
    if (index >= count) return;
    if (run_one(index, logs, command)) atomic_fetch_add(&shared->succeeded, 1);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: limit LOOPS COUNT [--logs DIR] COMMAND [ARG ...]\n");
    return 2;
  }
  long loops = number(argv[1]);
  long count = number(argv[2]);
  char **command = argv + 3;
  const char *logs = NULL;
  if (argc > 5 && strcmp(argv[3], "--logs") == 0) {
    logs = argv[4];
    command = argv + 5;
  }
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) die("mmap");
  for (long i = 0; i < loops; i++) {
    pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid == 0) {
      loop(shared, count, logs, command);
      _exit(0);
    }
  }
  while (wait(NULL) > 0) continue;
  long succeeded = atomic_load(&shared->succeeded);
  printf("%ld\n", succeeded);
  return succeeded == count ? 0 : 1;
}
