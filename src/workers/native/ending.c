/*
 * Ending tasks: when their limit is over or when that is asked for; TERM, and KILL after the grace period, to all that they started.
 *
 * Everything here is the first thread's. A task that is being ended is not over before nothing of it is left: its main process, its group,
 * all descendants, whatever sessions and environments they made for themselves. From the moment that a slot has a reason its main process is
 * not waited for, so its number and its group's can't become another's; what is in no such group is signalled through a handle on the very
 * process.
 *
 * Whose a process is its ancestors tell. We are a subreaper, so they lead to us: by the main process of a task, or by an orphan, which tells
 * by its mark or its group. What a task left behind that ended by itself is nobody's here.
 */
#include "runner.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  YOUNG_US = 100000,  /* so young at TERM, a shell's child may have taken it for its parent's and forgotten it */
  REST_US = 25000,    /* between looks at what is left when the main process has ended */
  QUICK_KILLS = 10,   /* so many follow each other at once: who is killed may be starting others */
  STUCK_US = 2000000, /* what is still there so long after the first KILL is told */
  UNKNOWN = -2,
  NOBODY = -1
};

/* A task that is being ended and has a process, as it was when this look began. */
struct ending {
  struct slot *slot;
  uint32_t key;
  pid_t pid;
  bool is_ended;
};

static struct ending *endings;
static int ending_count;
static struct process *list; /* all processes; NULL if that can't be told */
static int list_count;

void prepare_endings(void) { endings = need(calloc(MAX_SLOTS, sizeof *endings)); }

/* ---- whose is what ---- */

static struct process *find(pid_t pid) {
  int low = 0, high = list_count - 1;
  while (low <= high) {
    int middle = (low + high) / 2;
    if (list[middle].pid == pid) return &list[middle];
    if (list[middle].pid < pid) low = middle + 1;
    else high = middle - 1;
  }
  return NULL;
}

/* A child of ours: the main process of a task, or an orphan. 0 or why that can't be told. */
static int judge_child(struct process *child) {
  child->owner = NOBODY;
  for (int i = 0; i < ending_count; i++)
    if (endings[i].pid == child->pid) return child->owner = i, 0;
  uint64_t marks[2];
  int problem = read_marks(child, marks);
  bool is_marked = false;
  for (int mark = 0; mark < 2; mark++) {
    if (marks[mark] >> 32 != runner_id) continue;
    is_marked = true;
    for (int i = 0; i < ending_count; i++)
      if ((uint32_t)marks[mark] == endings[i].key) child->owner = i;
  }
  for (int i = 0; !is_marked && i < ending_count; i++)
    if (endings[i].pid == child->group) child->owner = i;
  return problem == ESRCH ? 0 : problem;
}

/* Gives every process its owner, one of `endings` or NOBODY; 0 or why that can't be told. */
static int judge_all(void) {
  for (int i = 0; i < list_count; i++) list[i].owner = UNKNOWN;
  for (int i = 0; i < list_count; i++) {
    /* Up to an ancestor that is known, and the same way again with what it is. A list that was not made at once can hold a circle. */
    struct process *top = &list[i], *parent;
    for (int distance = 0; top->owner == UNKNOWN && top->parent != getpid() && distance < list_count; distance++, top = parent)
      if (!(parent = find(top->parent))) break;
    if (top->owner == UNKNOWN) {
      int problem = top->parent == getpid() ? judge_child(top) : 0;
      if (problem) return problem;
      if (top->parent != getpid()) top->owner = NOBODY;
    }
    for (struct process *at = &list[i]; at && at->owner == UNKNOWN; at = find(at->parent)) at->owner = top->owner;
  }
  return 0;
}

static void look_at_processes(void) {
  int problem = list_processes(&list, &list_count);
  if (!problem) problem = judge_all();
  if (!problem) return;
  list = NULL, list_count = 0;
  if (problem == EMFILE || problem == ENFILE) want_files();
}

/* ---- signals ---- */

/* Who is gone needs no signal, and who is another user's is not reached later either. Anything else may pass. */
static bool is_settled(int problem) { return problem == 0 || problem == ESRCH || problem == EPERM; }

static bool signal_one(const struct process *process, int signal) {
  bool is_sent = is_settled(signal_process(process, signal));
  /* Who is stopped acts on it when he goes on. */
  return signal == SIGTERM ? is_settled(signal_process(process, SIGCONT)) && is_sent : is_sent;
}

/* At once, so that nothing that is forked meanwhile is missed. */
static bool signal_group(pid_t group, int signal) { return is_settled(kill(-group, signal) == 0 ? 0 : errno); }

/* What of a task is not in its group. */
static bool signal_others(int ending, int signal) {
  bool are_sent = list != NULL;
  for (int i = 0; i < list_count; i++)
    if (list[i].owner == ending && list[i].group != endings[ending].pid && !list[i].is_zombie) are_sent &= signal_one(&list[i], signal);
  return are_sent;
}

/* False if some could not be reached just now. The group does not hear it again, since to some a second TERM means more. */
static bool terminate_all(int ending) {
  struct slot *slot = endings[ending].slot;
  pid_t group = endings[ending].pid;
  if (!slot->is_group_told) slot->is_group_told = signal_group(group, SIGTERM);
  bool goes_on = slot->is_group_told && signal_group(group, SIGCONT);
  return signal_others(ending, SIGTERM) && goes_on;
}

/* TERM to what began after `ticks`. False if some could not be reached just now. */
static bool terminate_young(int ending, uint64_t ticks) {
  bool are_sent = true;
  for (int i = 0; i < list_count; i++)
    if (list[i].owner == ending && list[i].start > ticks && !list[i].is_zombie) are_sent &= signal_one(&list[i], SIGTERM);
  return are_sent;
}

static int64_t count_left(int ending) {
  int64_t left = 0;
  for (int i = 0; i < list_count; i++) left += list[i].owner == ending && !list[i].is_zombie;
  return left;
}

/* ---- one task ---- */

static void let_go(struct slot *slot) {
  pthread_mutex_lock(&lock);
  slot->is_gone = true;
  pthread_cond_signal(&slot->changed);
  pthread_mutex_unlock(&lock);
}

static void kill_rest(int ending, int64_t left, int64_t at) {
  struct slot *slot = endings[ending].slot;
  signal_group(endings[ending].pid, SIGKILL);
  signal_others(ending, SIGKILL);
  bool is_stuck = at - slot->kill_at >= STUCK_US;
  slot->look_at = at + (slot->kills < QUICK_KILLS ? 1000 : is_stuck ? SELDOM_US : REST_US);
  slot->kills++;
  if (!is_stuck || left == 0 || slot->is_stuck_told) return;
  tell('u', endings[ending].key, 1, &left);
  ring(false);
  slot->is_stuck_told = true;
}

/* What is due now. While the main process lives in its grace period the others are left alone: it may start some to clean up. */
static void go_on(int ending, int64_t at) {
  struct slot *slot = endings[ending].slot;
  bool is_ended = endings[ending].is_ended;
  int64_t left = count_left(ending);
  if (!slot->is_terminated) {
    slot->is_terminated = terminate_all(ending) || at >= slot->kill_at;
    slot->terminated_at = at;
    slot->look_at = slot->is_terminated && !is_ended ? slot->kill_at : at + REST_US;
  } else if (at >= slot->kill_at) kill_rest(ending, left, at);
  else {
    if (is_ended && list && !slot->is_told_again)
      slot->is_told_again = terminate_young(ending, ticks_at(slot->terminated_at - YOUNG_US));
    slot->look_at = is_ended && at + REST_US < slot->kill_at ? at + REST_US : slot->kill_at;
  }
  if (!is_ended || !list) return;
  enum left orphans = end_orphans(endings[ending].key, endings[ending].pid, at >= slot->kill_at ? SIGKILL : 0);
  slot->empty_looks = left == 0 && orphans != SOME ? slot->empty_looks + 1 : 0;
  /* Where it can't be proved two looks must do. */
  if (slot->empty_looks > (orphans == NONE ? 0 : 1)) let_go(slot);
}

/* With the lock. */
static void begin_to_end(struct slot *slot, char reason, int64_t at, int64_t kill_at) {
  int64_t now = wall_us();
  slot->reason = reason;
  slot->kill_at = kill_at;
  slot->look_at = at;
  slot->is_group_told = slot->is_terminated = slot->is_told_again = slot->is_end_seen = slot->is_stuck_told = false;
  slot->kills = slot->empty_looks = 0;
  tell(reason, slot->task->key, 1, &now);
  ring(false);
}

static int64_t earlier(int64_t a, int64_t b) { return b && (!a || b < a) ? b : a; }

/* With the lock, so that nobody else can have that number. True if it has ended by itself and its own thread is about to hear of it. */
static bool has_ended(struct slot *slot) {
  pid_t pid = atomic_load(&slot->told->pid);
  siginfo_t info = {.si_pid = 0};
  bool is_told = pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  return is_told && info.si_pid == pid && info.si_code != CLD_TRAPPED;
}

/* With the lock. Is it to be ended, and how far has that come? When to look again; 0 if nothing is due. */
static int64_t look_at_reason(struct slot *slot, int64_t at) {
  if (slot->is_ended && !slot->reason) return 0;
  int64_t over_at = slot->task->limit_us ? slot->begun_at + slot->task->limit_us : 0;
  bool is_late = over_at && over_at <= at;
  /* We may have been stopped (SIGSTOP) meanwhile: what has ended was ended by nobody. */
  if (!slot->reason && (is_late || slot->is_asked) && has_ended(slot)) return 0;
  if (!slot->reason && is_late) begin_to_end(slot, 't', at, at + slot->task->grace_us);
  if (!slot->reason && slot->is_asked) begin_to_end(slot, 'k', at, slot->asked_kill_at);
  if (!slot->reason) return over_at;
  if (slot->is_asked && slot->asked_kill_at < slot->kill_at) slot->kill_at = slot->asked_kill_at;
  if (slot->look_at > slot->kill_at && slot->kills == 0) slot->look_at = slot->kill_at;
  if (slot->is_ended && !slot->is_end_seen) slot->is_end_seen = true, slot->look_at = at;
  pid_t pid = atomic_load(&slot->told->pid);
  if (slot->is_gone) return 0;
  if (pid == 0) return at + 1000; /* it is being started */
  endings[ending_count++] = (struct ending){.slot = slot, .key = slot->task->key, .pid = pid, .is_ended = slot->is_ended};
  return 0;
}

/* With the lock, which it lays down for a while: what is to be known of a task that runs for longer. When to look again. */
static int64_t make_known(struct slot *slot, int64_t at) {
  pid_t pid = atomic_load(&slot->told->pid);
  struct process process;
  if (slot->begun_at + EARLY_US > at) return slot->begun_at + EARLY_US;
  if (pid == 0 || slot->is_ended || read_process(pid, &process) != 0) return at + EARLY_US;
  struct task *task = slot->task;
  slot->is_known = slot->is_placing = true;
  pthread_mutex_unlock(&lock);
  place_log(&slot->log, task->context, task->log);
  if (*task->error_log) place_log(&slot->error_log, task->context, task->error_log);
  int64_t values[2] = {pid, (int64_t)process.start};
  tell('p', task->key, 2, values);
  ring(false);
  pthread_mutex_lock(&lock);
  slot->is_placing = false;
  pthread_cond_signal(&slot->changed);
  return 0;
}

/* ---- what the others call ---- */

/* A task that still waits for its `b` is dropped by its own thread; one that has begun is ended by the next look. */
void stop_task(uint32_t key, int64_t grace_us) {
  int64_t kill_at = boot_us() + grace_us;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < slot_count; i++) {
    struct slot *slot = &slots[i];
    if (!slot->task || slot->task->key != key) continue;
    if (!slot->is_asked || kill_at < slot->asked_kill_at) slot->asked_kill_at = kill_at;
    slot->is_asked = true;
  }
  pthread_mutex_unlock(&lock);
}

/* Limits, stops, and what is to be known. When to look again; 0 if nothing is due. `is_busy`: some tasks are so young that nobody knows them. */
int64_t look_after_slots(int64_t at, bool *is_busy) {
  int64_t due = 0;
  ending_count = 0;
  *is_busy = false;
  pthread_mutex_lock(&lock);
  if (queue) *is_busy = true;
  for (int i = 0; i < slot_count; i++) {
    struct slot *slot = &slots[i];
    if (slot->task && !slot->is_known) *is_busy = true;
    if (!slot->task || !slot->is_begun) continue;
    due = earlier(due, look_at_reason(slot, at));
    if (!slot->is_known) due = earlier(due, make_known(slot, at));
  }
  pthread_mutex_unlock(&lock);
  /* Who starts a task does not wake us: while something is young we look now and then. */
  if (*is_busy) due = earlier(due, at + EARLY_US);
  bool is_due = false;
  for (int i = 0; i < ending_count; i++) is_due |= endings[i].slot->look_at <= at;
  if (is_due) look_at_processes();
  for (int i = 0; i < ending_count; i++) {
    if (endings[i].slot->look_at <= at) go_on(i, at);
    due = earlier(due, endings[i].slot->look_at);
  }
  return due;
}
