/*
 * Runs one command and writes what it cost as JSON.
 *
 *     measure RESULT SECONDS COMMAND [ARG ...]
 *
 * It adopts what the command leaves behind (child subreaper), so the CPU time is that of the whole tree, whoever reaped it. The wall
 * time ends with the command itself; what is left after it gets a moment to end by itself. What still runs then, or after SECONDS,
 * is killed, and `left` and `timedOut` say so.
 *
 * It is C and small for a reason: a process inherits its peak memory from the one that forked it, so from Node every peak would be
 * that of Node or more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double linger_seconds = 5;

static void die(const char *what) {
  perror(what);
  exit(2);
}

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double of_timeval(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Sends KILL to all our children; what they leave becomes ours in turn. Returns how many there were. */
static int kill_children(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE *file = fopen(path, "r");
  if (file == NULL) die(path);
  int count = 0;
  int pid;
  while (fscanf(file, "%d", &pid) == 1) {
    kill(pid, SIGKILL);
    count++;
  }
  fclose(file);
  return count;
}

/*
 * Waits until `pid`, or every child if it is 0, has ended or the monotonic time `deadline` has come. True if it ended. SIGCHLD is
 * blocked and taken here, so that the end is seen at once and without a loop that burns CPU.
 */
static int await_end(pid_t pid, int *status, double deadline) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  for (;;) {
    int one;
    pid_t ended;
    while ((ended = waitpid(-1, &one, WNOHANG)) > 0) {
      if (ended == pid) {
        *status = one;
        return 1;
      }
    }
    if (ended < 0 && errno == ECHILD) return 1;
    double rest = deadline - seconds(CLOCK_MONOTONIC);
    if (rest <= 0) return 0;
    struct timespec time = {.tv_sec = (time_t)rest, .tv_nsec = (long)((rest - (double)(time_t)rest) * 1e9)};
    sigtimedwait(&child, NULL, &time);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: measure RESULT SECONDS COMMAND [ARG ...]\n");
    return 2;
  }
  double limit = atof(argv[2]);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("prctl");
  sigset_t child, before;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, &before);

  double started_at = seconds(CLOCK_REALTIME);
  double start = seconds(CLOCK_MONOTONIC);
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    _exit(127);
  }
  int status = 0;
  int timed_out = !await_end(pid, &status, start + limit);
  double end = seconds(CLOCK_MONOTONIC);
  int left = 0;
  if (timed_out || !await_end(0, NULL, end + linger_seconds)) {
    do {
      left += kill_children();
    } while (!await_end(0, NULL, seconds(CLOCK_MONOTONIC) + 0.1));
  }

  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  FILE *result = fopen(argv[1], "w");
  if (result == NULL) die(argv[1]);
  fprintf(result,
          "{\"startedAt\":%.3f,\"wallMs\":%.3f,\"userMs\":%.3f,\"systemMs\":%.3f,\"peakRssKb\":%ld,\"exitCode\":%d,\"signal\":%d,"
          "\"timedOut\":%s,\"left\":%d}\n",
          started_at * 1e3, (end - start) * 1e3, of_timeval(usage.ru_utime) * 1e3, of_timeval(usage.ru_stime) * 1e3,
          usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
          timed_out ? "true" : "false", left);
  return fclose(result) == 0 ? 0 : 2;
}
