/*
 * What tasks leave behind. The runner is a subreaper, so a process whose parent has ended becomes its child, in the end: that of the first
 * thread, which starts none itself. Here they are waited for, so that no zombies stay, and those that a task left when it ended by itself
 * are told of once (`w`). Nobody is signalled here.
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

struct orphan {
  pid_t pid;
  uint32_t key;
  bool has_key, is_told;
  int64_t seen_at;
};

static struct orphan *orphans;
static int orphan_count, orphan_room;
static int children = -1; /* the list of the first thread's children */

void prepare_orphans(void) {
  char path[64];
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("subreaper");
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  children = open(path, O_RDONLY | O_CLOEXEC);
}

/* Waits for those that have ended. True if there are others. Only the first thread may ask. */
bool has_orphans(void) {
  for (;;) {
    pid_t pid = waitpid(-1, NULL, WNOHANG | __WNOTHREAD);
    if (pid <= 0) {
      if (pid < 0 && errno == ECHILD) orphan_count = 0;
      return pid == 0 || errno != ECHILD;
    }
    for (int i = 0; i < orphan_count; i++)
      if (orphans[i].pid == pid) orphans[i--] = orphans[--orphan_count];
  }
}

static void meet(pid_t pid, int64_t at) {
  for (int i = 0; i < orphan_count; i++)
    if (orphans[i].pid == pid) return;
  if (orphan_count == orphan_room) {
    struct orphan *larger = realloc(orphans, (size_t)(orphan_room * 2 + 16) * sizeof *orphans);
    if (!larger) return;
    orphans = larger;
    orphan_room = orphan_room * 2 + 16;
  }
  struct process process;
  uint64_t marks[2];
  if (read_process(pid, &process) != 0 || read_marks(&process, marks) != 0) return;
  struct orphan orphan = {.pid = pid, .seen_at = at};
  for (int i = 0; i < 2; i++)
    if (marks[i] >> 32 == runner_id) orphan.key = (uint32_t)marks[i], orphan.has_key = true;
  orphans[orphan_count++] = orphan;
}

static void meet_all(int64_t at) {
  char text[4096];
  off_t offset = 0;
  size_t kept = 0;
  for (;;) {
    ssize_t count = pread(children, text + kept, sizeof text - kept, offset);
    if (count <= 0) return;
    offset += count;
    char *from = text, *end = text + kept + count;
    for (char *to = from; to < end; to++)
      if (*to == ' ') meet(atoi(from), at), from = to + 1;
    kept = (size_t)(end - from);
    if (kept) memmove(text, from, kept);
  }
}

static bool is_running(uint32_t key) {
  bool is_found = false;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < slot_count; i++)
    if (slots[i].task && slots[i].task->key == key) is_found = true;
  pthread_mutex_unlock(&lock);
  return is_found;
}

/* Tells of those that are still there a moment after they lost their parent, and whose task is over. When to look again; 0: nothing to see. */
int64_t look_after_orphans(int64_t at, bool is_last) {
  if (!has_orphans() || children < 0) return 0;
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
    for (int j = i; j < orphan_count; j++)
      if (orphans[j].has_key && orphans[j].key == orphan->key) count += !orphans[j].is_told, orphans[j].is_told = true;
    tell('w', orphan->key, 1, &count);
  }
  return due;
}

#else /* no subreapers: orphans are somebody else's */

void prepare_orphans(void) {}
bool has_orphans(void) { return true; }
int64_t look_after_orphans(int64_t at, bool is_last) { return (void)at, (void)is_last, 0; }

#endif
