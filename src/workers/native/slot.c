/*
 * A slot: a thread that starts one task after the other and waits for each. It decides nothing: what runs next is the queue's head, and
 * what ends a task early is the first thread's matter.
 *
 * The order of things is the promise: `b` is in the spool before there is a process, the logs are in their places before `e` is, and while
 * a task is being ended its process stays unwaited for until nothing of it is left.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int null_file, thread_count;
/* A handle was missing, so until then none is kept for what may come later: a slot's next task, a job's. Asked for each task. */
static _Atomic int64_t few_files_until;
static struct told *all_told;

void prepare_slots(void) {
  null_file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null_file < 0) die("/dev/null");
  void *memory = mmap(NULL, MAX_SLOTS * sizeof *all_told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("memory");
  all_told = memory;
  /* Untouched they take no memory. */
  slots = need(calloc(MAX_SLOTS, sizeof *slots));
}

static void *serve(void *argument);

/* With the lock. False if there is no room for a thread. */
static bool make_slot(int i) {
  enum { STACK_BYTES = 256 * 1024 };
  struct slot *slot = &slots[i];
  if (i == slot_count) {
    slot->told = &all_told[i];
    slot->log.file = slot->error_log.file = -1;
    pthread_cond_init(&slot->changed, NULL);
    slot_count++;
  }
  if (slot->life == 'l') pthread_join(slot->thread, NULL);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  slot->life = pthread_create(&slot->thread, &attributes, serve, slot) == 0 ? 'r' : 0;
  pthread_attr_destroy(&attributes);
  thread_count += slot->life == 'r';
  return slot->life == 'r';
}

/* As many as there is something to do for, by the first thread. False if the machine has no room for one that is needed. */
bool make_slots(int64_t at) {
  pthread_mutex_lock(&lock);
  int wanted = running + queued < width ? running + queued : width;
  bool has_room = thread_count == 0 || at >= scarce_until;
  for (int i = 0; i < MAX_SLOTS && has_room && thread_count < wanted; i++)
    if (slots[i].life != 'r') has_room = make_slot(i);
  bool is_enough = thread_count >= wanted;
  pthread_mutex_unlock(&lock);
  return is_enough;
}

void join_slots(void) {
  for (int i = 0; i < slot_count; i++)
    if (slots[i].life) pthread_join(slots[i].thread, NULL);
}

/* The task's variables over its context's, which are over the base already. False if there is no memory. */
static bool build_environment(struct slot *slot, const struct task *task) {
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

/* ---- the child, between vfork and exec: it shares our memory, so it calls the system and changes nothing but `told` ---- */

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
__attribute__((noinline)) static pid_t launch(struct slot *slot, struct task *task) {
  pid_t pid = vfork();
  if (pid == 0) become(slot, task);
  return pid;
}

/* ---- our side ---- */

static void add_end(struct slot *slot, char kind, int value, int64_t at, const struct rusage *usage) {
  int64_t values[5] = {value, at, 0, 0, 0};
  if (usage) {
    values[2] = (int64_t)usage->ru_utime.tv_sec * 1000000 + usage->ru_utime.tv_usec;
    values[3] = (int64_t)usage->ru_stime.tv_sec * 1000000 + usage->ru_stime.tv_usec;
    values[4] = usage->ru_maxrss;
#ifdef __APPLE__
    values[4] /= 1024;
#endif
  }
  slot->text_bytes += record(slot->text + slot->text_bytes, 'e', slot->task->key, kind, 5, values);
}

static void send_records(struct slot *slot, bool is_urgent) {
  if (slot->text_bytes == 0) return;
  append(slot->text, slot->text_bytes);
  slot->text_bytes = 0;
  ring(is_urgent);
}

/* Puts `b` on record, with the end of the task before. False if the task was dropped meanwhile: where the disk is full that can be long. */
static bool begin(struct slot *slot, struct task *task) {
  for (;;) {
    pthread_mutex_lock(&lock);
    bool is_dropped = slot->is_dropped || slot->is_asked;
    pthread_mutex_unlock(&lock);
    if (is_dropped) {
      tell('d', task->key, 0, NULL);
      ring(false);
      return false;
    }
    int64_t at = wall_us();
    size_t bytes = slot->text_bytes;
    if (append_now(slot->text, bytes + record(slot->text + bytes, 'b', task->key, 0, 1, &at))) break;
    send_records(slot, false);
    pause_us(AGAIN_US);
  }
  if (slot->text_bytes) ring(false);
  slot->text_bytes = 0;
  pthread_mutex_lock(&lock);
  slot->begun_at = boot_us();
  slot->is_begun = true;
  pthread_mutex_unlock(&lock);
  return true;
}

/* Waits for the end of the main process, which is at `at`; if the task is being ended, until nothing of it is left. */
static int wait_for_end(struct slot *slot, pid_t pid, int64_t *at, struct rusage *usage) {
  for (siginfo_t info;;) {
    int result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    if (result == 0 && info.si_code != CLD_TRAPPED) break;
    if (result == 0) stop_tracing(pid, info.si_status);
    else if (errno != EINTR) pause_us(AGAIN_US);
  }
  *at = wall_us();
  pthread_mutex_lock(&lock);
  slot->is_ended = true;
  if (slot->reason) wake_first_thread();
  while (slot->is_placing || (slot->reason && !slot->is_gone)) pthread_cond_wait(&slot->changed, &lock);
  pthread_mutex_unlock(&lock);
  /* Nobody signals it any more. */
  int status;
  while (wait4(pid, &status, 0, usage) < 0)
    if (errno != EINTR) pause_us(AGAIN_US);
  return status;
}

static void leave_logs(struct slot *slot, struct task *task) {
  int64_t problem = leave_log(&slot->log, task->context, task->log);
  if (*task->error_log) {
    int64_t other = leave_log(&slot->error_log, task->context, task->error_log);
    if (!problem) problem = other;
  }
  if (problem) slot->text_bytes += record(slot->text + slot->text_bytes, 'l', task->key, 0, 1, &problem);
}

bool are_files_few(void) {
  int64_t until = atomic_load_explicit(&few_files_until, memory_order_relaxed);
  return until > 0 && boot_us() < until;
}

static void keep_no_logs(struct slot *slot) {
  forget_log(&slot->log);
  forget_log(&slot->error_log);
}

/* Not with the lock. Slots that have nothing to do give back what they keep. */
void want_files(void) {
  pthread_mutex_lock(&lock);
  few_files_until = boot_us() + SELDOM_US;
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&lock);
}

static void run(struct slot *slot, struct task *task) {
  int problem = prepare_log(&slot->log, task->context, task->log);
  if (!problem && *task->error_log) problem = prepare_log(&slot->error_log, task->context, task->error_log);
  if (!begin(slot, task)) return;
  char stage = problem ? 'l' : 'f';
  if (!problem && !build_environment(slot, task)) problem = ENOMEM;
  atomic_store(&slot->told->error, 0);
  atomic_store(&slot->told->stage, 'f');
  pid_t pid = problem ? -1 : launch(slot, task);
  if (pid < 0 && !problem) problem = errno;
  slot->is_refused = pid < 0 && stage == 'f' && problem == EAGAIN;
  struct rusage usage;
  int64_t at = wall_us();
  int status = pid < 0 ? 0 : wait_for_end(slot, pid, &at, &usage);
  if (pid >= 0 && (problem = atomic_load(&slot->told->error))) stage = (char)atomic_load(&slot->told->stage);
  leave_logs(slot, task);
  if (problem == EMFILE || problem == ENFILE) {
    keep_no_logs(slot);
    want_files();
  }
  if (!problem && status != 0 && is_shutdown()) slot->text_bytes += record(slot->text + slot->text_bytes, 'a', task->key, 0, 1, &at);
  if (problem) add_end(slot, stage, problem, at, NULL);
  else if (WIFSIGNALED(status)) add_end(slot, 's', WTERMSIG(status), at, &usage);
  else add_end(slot, 'x', WEXITSTATUS(status), at, &usage);
}

static void take(struct slot *slot, struct task *task) {
  queue = task->next;
  if (!queue) queue_end = &queue;
  queued--;
  running++;
  slot->task = task;
  slot->reason = 0;
  slot->is_begun = slot->is_dropped = slot->is_asked = slot->is_ended = slot->is_gone = slot->is_known = false;
  atomic_store(&slot->told->pid, 0);
}

static void put_down(struct slot *slot, struct task *task) {
  slot->task = NULL;
  running--;
  release_context(task->context);
  free(task);
}

/* A process could not be made. A thread takes as much of a user's room as a process: so we make some, but for the last one. */
static bool must_leave(struct slot *slot) {
  if (!slot->is_refused || thread_count == 1) return false;
  scarce_until = boot_us() + SELDOM_US;
  thread_count--;
  pthread_cond_signal(&more);
  slot->life = 'l';
  return true;
}

static void *serve(void *argument) {
  struct slot *slot = argument;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!queue || running >= width) {
      if (slot->text_bytes) {
        pthread_mutex_unlock(&lock);
        send_records(slot, true);
        pthread_mutex_lock(&lock);
      } else if (is_over && !queue) break;
      else if ((slot->log.file >= 0 || slot->error_log.file >= 0) && are_files_few()) {
        pthread_mutex_unlock(&lock);
        keep_no_logs(slot);
        pthread_mutex_lock(&lock);
      } else pthread_cond_wait(&more, &lock);
    }
    struct task *task = queue;
    if (!task) break;
    take(slot, task);
    pthread_mutex_unlock(&lock);
    run(slot, task);
    if (slot->is_refused) send_records(slot, true);
    pthread_mutex_lock(&lock);
    put_down(slot, task);
    /* Its signal came before: now the first thread has nothing more to wait for. */
    if (is_over && running == 0) wake_first_thread();
    if (must_leave(slot)) break;
  }
  pthread_mutex_unlock(&lock);
  keep_no_logs(slot);
  wake_first_thread(); /* this may have been the last */
  return NULL;
}
