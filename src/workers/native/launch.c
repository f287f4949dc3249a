/*
 * From a slot's thread to the program of its task: the child between vfork and exec. It shares our memory, so it calls the system and
 * changes nothing but `told`.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int null_file;

void prepare_launch(void) {
  null_file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null_file < 0) die("/dev/null");
}

/* The task's variables over its context's, which are over the base already. False if there is no memory. */
bool build_environment(struct slot *slot, const struct task *task) {
  int room = task->env_count + 1, count = 0;
  for (char **variable = task->context->env; *variable; variable++) room++;
  if (room > slot->env_room) {
    char **larger = realloc(slot->env, (size_t)room * sizeof *larger);
    if (!larger) return false;
    slot->env = larger;
    slot->env_room = room;
  }
  for (int i = 0; i < task->env_count; i++) slot->env[count++] = task->env[i];
  for (char **variable = task->context->env; *variable; variable++)
    if (!is_set(task->env, task->env_count, *variable)) slot->env[count++] = *variable;
  slot->env[count] = NULL;
  return true;
}

static bool is_text(const char *path) {
  char head[128];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t count = file < 0 ? -1 : read(file, head, sizeof head);
  if (file >= 0) close(file);
  for (ssize_t i = 0; i < count && head[i] != '\n'; i++)
    if (head[i] == 0) return false;
  return count >= 0;
}

/* Returns if that can't be done, with errno. The limit of open files comes last: we may have more of them open than tasks may. */
static void replace_image(struct slot *slot, struct task *task, char *file) {
  if (setrlimit(RLIMIT_NOFILE, &files_limit) != 0) return;
  execve(file, task->argv, slot->env);
  if (errno != ENOEXEC) return;
  /* A script that does not say who runs it is the shell's, as everywhere; a program of another machine is not. */
  setrlimit(RLIMIT_NOFILE, &own_files_limit);
  bool is_script = is_text(file);
  setrlimit(RLIMIT_NOFILE, &files_limit);
  task->argv[-1] = "/bin/sh";
  task->argv[0] = file;
  if (is_script) execve("/bin/sh", task->argv - 1, slot->env);
  else errno = ENOEXEC;
}

/* A name alone is looked for on the task's own PATH, as execvp(3) does: whoever is on another machine can't look here. */
static void find_image(struct slot *slot, struct task *task) {
  const char *path = "/usr/bin:/bin";
  char file[PATH_MAX];
  int problem = ENOENT;
  for (char **variable = slot->env; *variable; variable++)
    if (strncmp(*variable, "PATH=", 5) == 0) {
      path = *variable + 5;
      break;
    }
  for (;; path++) {
    size_t bytes = strcspn(path, ":"), name_bytes = strlen(task->file);
    if (bytes + name_bytes + 2 <= sizeof file) {
      memcpy(file, path, bytes);
      if (bytes == 0) file[bytes++] = '.';
      file[bytes] = '/';
      memcpy(file + bytes + 1, task->file, name_bytes + 1);
      replace_image(slot, task, file);
      if (errno == EACCES) problem = EACCES;
      else if (errno != ENOENT && errno != ENOTDIR) return;
    }
    path += strcspn(path, ":");
    if (!*path) break;
  }
  errno = problem;
}

static int open_input(const char *path) {
  int input = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
  struct stat stat;
  if (input >= 0 && fstat(input, &stat) == 0 && S_ISDIR(stat.st_mode)) return errno = EISDIR, -1;
  return input;
}

/* Opens what the task reads and writes. False and errno if that can't be done; `stage` says which, and `made` counts the logs. */
static bool open_streams(struct slot *slot, struct task *task, int *made) {
  struct context *context = task->context;
  atomic_store(&slot->told->stage, 'l');
  int log = open_log_in_child(&slot->log, context, task->log);
  if (log < 0) return false;
  ++*made;
  if (dup2(log, 1) < 0) return false;
  if (*task->error_log) {
    log = open_log_in_child(&slot->error_log, context, task->error_log);
    if (log < 0) return false;
    ++*made;
  }
  if (dup2(log, 2) < 0) return false;
  atomic_store(&slot->told->stage, 'd');
  if (chdir(*task->cwd ? task->cwd : context->cwd) != 0) return false;
  atomic_store(&slot->told->stage, 'i');
  if (!*task->input) return true;
  int input = open_input(task->input);
  return input >= 0 && dup2(input, 0) == 0;
}

/* A process of its own group, that bears its mark, hears all signals, and holds nothing by which it could be taken for the runner. */
static bool separate(struct slot *slot, struct task *task) {
  if (setpgid(0, 0) != 0) return false;
  atomic_store(&slot->told->pid, getpid());
  sigset_t none;
  sigemptyset(&none);
  if (!bear_mark(task->key) || sigprocmask(SIG_SETMASK, &none, NULL) != 0) return false;
  close_spool_in_child();
  return dup2(null_file, 0) == 0 && dup2(null_file, 1) == 1;
}

static _Noreturn void become(struct slot *slot, struct task *task) {
  struct told *told = slot->told;
  int made = 0;
  if (separate(slot, task) && open_streams(slot, task, &made)) {
    atomic_store(&told->stage, 'r');
    if (strchr(task->file, '/')) replace_image(slot, task, task->file);
    else find_image(slot, task);
  }
  atomic_store(&told->error, errno);
  if (made > 0) unmake_log_in_child(&slot->log, task->context, task->log);
  if (made > 1) unmake_log_in_child(&slot->error_log, task->context, task->error_log);
  _exit(127);
}

/* A function of its own, so that the child finds the frame that it was made in as it was. */
__attribute__((noinline)) pid_t launch(struct slot *slot, struct task *task) {
  pid_t pid = vfork();
  if (pid == 0) become(slot, task);
  return pid;
}
