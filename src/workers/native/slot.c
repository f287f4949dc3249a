/*
 * A slot: a thread that starts one task after the other and waits for each. It decides nothing: what runs next is the queue's head, and
 * what ends a task early is the first thread's matter.
 *
 * The order of things is the promise: `b` is in the spool before there is a process, the logs are in their places before `e` is, and while
 * a task is being ended its process stays unwaited for until nothing of it is left.
 */
#include "runner.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

static int thread_count;
static struct told *all_told;

void prepare_slots(void) {
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

static void keep_no_logs(struct slot *slot) {
  forget_log(&slot->log);
  forget_log(&slot->error_log);
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
