/*
 * What tasks leave behind. The runner is a subreaper, so a process whose parent has ended becomes its child, in the end: that of the first
 * thread, which starts none itself. Here they are waited for, so that no zombies stay; those that a task left when it ended by itself are told
 * of once (`w`); and those of a task that is being ended are ended.
 *
 * Only the first thread calls this. So its list of children grows while it looks, and nothing is taken from it: two equal readings with all
 * of a task's found ended in between prove that nothing of it is left. For whatever lived would have an ancestor, or be one, that was in
 * both lists and not ended. (A look at all processes proves nothing: who starts a successor and ends can be passed at every number.)
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>

enum { MAX_CHASE = 50, CHASE_US = 200 };

struct orphan {
  struct process process;
  uint32_t key;
  bool has_key, is_told;
  int64_t seen_at;
};

static struct orphan *orphans;
static int orphan_count, orphan_room;
static int children = -1; /* that list; not every kernel has it */

void prepare_orphans(void) {
  char path[64];
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("subreaper");
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  children = open(path, O_RDONLY | O_CLOEXEC);
}

/* Waits for those that have ended. True if there are others, or that can't be told. */
static bool wait_for_orphans(void) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG | __WNOTHREAD);
    if (pid <= 0) {
      bool is_none = pid < 0 && errno == ECHILD;
      if (is_none) orphan_count = 0;
      return !is_none;
    }
    if (WIFSTOPPED(status)) {
      stop_tracing(pid, WSTOPSIG(status));
      continue;
    }
    for (int i = 0; i < orphan_count; i++)
      if (orphans[i].process.pid == pid) orphans[i--] = orphans[--orphan_count];
  }
}

/* False if it can't be told who this is. */
static bool meet(pid_t pid, int64_t at) {
  for (int i = 0; i < orphan_count; i++)
    if (orphans[i].process.pid == pid) return true;
  if (orphan_count == orphan_room) {
    struct orphan *larger = realloc(orphans, (size_t)(orphan_room * 2 + 16) * sizeof *orphans);
    if (!larger) return false;
    orphans = larger;
    orphan_room = orphan_room * 2 + 16;
  }
  struct orphan orphan = {.seen_at = at};
  uint64_t marks[2];
  if (read_process(pid, &orphan.process) != 0 || read_marks(&orphan.process, marks) != 0) return false;
  for (int i = 0; i < 2; i++)
    if (marks[i] >> 32 == runner_id) orphan.key = (uint32_t)marks[i], orphan.has_key = true;
  orphans[orphan_count++] = orphan;
  return true;
}

/* Reads the list; false if not all could be read. */
static bool meet_all(int64_t at) {
  char text[4096];
  off_t offset = 0;
  size_t kept = 0;
  bool is_all = children >= 0;
  for (;;) {
    ssize_t count = pread(children, text + kept, sizeof text - kept, offset);
    if (count <= 0) return is_all && count == 0;
    offset += count;
    char *from = text, *end = text + kept + count;
    for (char *to = from; to < end; to++)
      if (*to == ' ') is_all &= meet(atoi(from), at), from = to + 1;
    kept = (size_t)(end - from);
    memmove(text, from, kept);
  }
}

static bool is_of(const struct orphan *orphan, uint32_t key, pid_t group) {
  return orphan->has_key ? orphan->key == key : orphan->process.group == group;
}

/*
 * For a task whose main process has ended: sends `signal`, if it is not 0, to its orphans, and to those that they leave. NONE if it is proved
 * that none of them lives.
 */
enum left end_orphans(uint32_t key, pid_t group, int signal) {
  if (children < 0) return wait_for_orphans() ? UNPROVED : NONE;
  for (int pass = 0; pass < MAX_CHASE; pass++) {
    if (!meet_all(boot_us())) return SOME;
    int met = orphan_count;
    bool is_living = false;
    for (int i = 0; i < orphan_count; i++) {
      struct process *process = &orphans[i].process;
      if (!is_of(&orphans[i], key, group) || process->is_zombie) continue;
      if (read_process(process->pid, process) != 0) return SOME;
      if (process->is_zombie) continue;
      is_living = true;
      if (signal) signal_process(process, signal);
    }
    if (!meet_all(boot_us())) return SOME;
    if (!is_living && orphan_count == met) return NONE;
    if (!signal) return SOME;
    pause_us(CHASE_US); /* who was signalled is dying, and what he has started comes to us */
  }
  return SOME;
}

static bool is_running(uint32_t key) {
  bool is_found = false;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < slot_count; i++)
    if (slots[i].task && slots[i].task->key == key && !slots[i].is_gone) is_found = true;
  pthread_mutex_unlock(&lock);
  return is_found;
}

/* Tells of those that are still there a moment after they lost their parent, and whose task is over. When to look again; 0: nothing to see. */
int64_t look_after_orphans(int64_t at, bool is_last) {
  if (!wait_for_orphans()) return 0;
  meet_all(at);
  int64_t due = 0;
  for (int i = 0; i < orphan_count; i++) {
    struct orphan *orphan = &orphans[i];
    if (!orphan->has_key || orphan->is_told) continue;
    int64_t wait = is_running(orphan->key) ? SELDOM_US : is_last ? 0 : orphan->seen_at + EARLY_US - at;
    if (wait > 0) {
      if (!due || at + wait < due) due = at + wait;
      continue;
    }
    int64_t count = 0;
    for (int j = i; j < orphan_count; j++) {
      struct orphan *other = &orphans[j];
      if (!other->has_key || other->key != orphan->key || other->is_told) continue;
      if (read_process(other->process.pid, &other->process) == 0 && !other->process.is_zombie) count++;
      other->is_told = true;
    }
    if (count) tell('w', orphan->key, 1, &count);
  }
  return due;
}

#else /* no subreapers: orphans are somebody else's */

void prepare_orphans(void) {}
enum left end_orphans(uint32_t key, pid_t group, int signal) { return (void)key, (void)group, (void)signal, UNPROVED; }
int64_t look_after_orphans(int64_t at, bool is_last) { return (void)at, (void)is_last, 0; }

#endif
