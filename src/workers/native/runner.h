/*
 * The runner: one small process that starts the tasks of an engine, watches their limits, ends them when asked, and writes down what
 * became of each. PROTOCOL.md is its contract. It knows no graph, no job and no state file, and it outlives its engine.
 *
 * Who does what:
 *   the first thread   (main.c) reads commands (commands.c), watches limits and ends tasks (ending.c), and waits for orphans (orphans.c).
 *                      It never starts a process and never waits for a disk while it holds the lock.
 *   a thread a slot    (slot.c) takes a task from the queue, starts it with vfork (launch.c), waits until it has ended, takes the next one.
 *
 * A thread a slot, since vfork holds its caller until the exec: so no processor waits for another, and starting is as fast as the kernel
 * can. (A process a slot was the alternative. Each would need a way to hear "stop" while it waits for its child, measured at 1 to 2 % of a
 * short task; the lock on the spool would live on with any of them; and what a task leaves behind would still have to be told from what an
 * earlier one of the slot left. So it is one process: one sign of life, and one look at the machine for all that is being ended.)
 *
 * What threads share is either under `lock`, or says here whose it is.
 */
#ifndef RUNNER_H
#define RUNNER_H

#define _GNU_SOURCE

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define PROTOCOL_VERSION 1

/* Microseconds. */
enum {
  EARLY_US = 50000,    /* a task that has run for so long is known: its log is in its place, its process is on record */
  AGAIN_US = 100000,   /* between two tries of what a full disk, or lack of memory or handles, did not let us do */
  BELL_US = 20000,     /* between two bells while there is more to do */
  SELDOM_US = 1000000, /* between two looks at what need not be known soon */
  MINUTE_US = 60000000 /* no deadline is waited for in one go for longer: the machine may have slept meanwhile */
};

/* What the tasks of a job have in common. `users` is under the lock: the table of contexts, and each task. */
struct context {
  int users;
  _Atomic int directory, directory_error; /* of the logs; -1 and why: slots look while it is tried again */
  long serial;                           /* no two contexts have the same */
  char *cwd, *log_directory, **env;      /* the whole environment but for the task's own variables, ended by NULL */
};

struct task {
  struct task *next;
  struct context *context;
  uint32_t key;
  int64_t limit_us, grace_us;
  char *cwd, *log, *error_log, *input, *file;
  char **env, **argv; /* argv[-1] is free, for the name of a shell */
  int env_count;
};

/* A log that is made when it is needed (log.c). Belongs to the slot's thread, but for the time that `is_placing`. */
struct log {
  int file;       /* without a name until it is placed; -1: the task makes its log itself */
  long serial;    /* of the context in whose directory it was made */
  bool is_placed; /* it has its name */
};

/* What a starting process tells of itself. In memory that is shared with it also where vfork is a fork (valgrind, some sanitizers). */
struct told {
  _Atomic pid_t pid;
  _Atomic int stage, error;
};

struct slot {
  pthread_t thread;
  char life; /* of its thread, under the lock: 'r' runs, 'l' has left, to make room for a process; 0 there is none */
  struct told *told;
  /* Under the lock. */
  struct task *task;
  pthread_cond_t changed;
  int64_t begun_at;
  bool is_begun;             /* its `b` is in the spool */
  bool is_dropped, is_asked; /* it is not to begin; a stop was asked for */
  char reason;               /* `t` or `k` once it is being ended: then its process is not waited for before `is_gone` */
  bool is_ended, is_gone;    /* its main process is over; nothing that it started is left */
  bool is_known, is_placing; /* it is on record as one that runs for longer; its logs are being placed */
  /* The first thread's: how far ending it has come. */
  bool is_group_told, is_terminated, is_told_again, is_end_seen, is_stuck_told;
  int64_t asked_kill_at, kill_at, look_at, terminated_at;
  int kills, empty_looks;
  /* The slot thread's. */
  bool is_refused; /* the machine made no process */
  struct log log, error_log;
  char **env;
  int env_room;
  char text[256]; /* records that go with the next write */
  size_t text_bytes;
};

/*
 * The files, from the ground up: each calls only those that stand before it.
 */

/* clock.c */
int64_t wall_us(void);
int64_t boot_us(void);
void pause_us(int64_t us);

/* fatal.c */
_Noreturn void die(const char *what);
void *need(void *memory);

/* shared.c */
enum { MAX_SLOTS = 10000 };
extern pthread_mutex_t lock;
extern pthread_cond_t more; /* there is a task in the queue, or the input is over */
extern struct task *queue, **queue_end;
extern struct slot *slots;
extern int slot_count, running, queued; /* slots are made as they are needed; how many run a task; tasks in the queue */
extern int width;                       /* how many tasks run at once */
extern int64_t scarce_until;            /* the machine has no room for more threads: since a process could not be made */
extern bool is_over;
extern int woken; /* there is something to read from it when the first thread is to look around */
void prepare_waking(void);
void wake_first_thread(void);

/* signals.c */
extern int child_signals, requests; /* what there is to read from them: a child's end, and that we are to stop; -1: neither is told */
void prepare_signals(void);
void ignore_signal(int signal);
bool is_shutdown(void);

/* handles.c */
extern struct rlimit files_limit, own_files_limit; /* of open files: what tasks get, and we */
void prepare_limits(long soft);
bool are_files_few(void);
void want_files(void);

/* environment.c */
extern char **base_environment;
void read_base_environment(void);
bool is_set(char *const *list, int count, const char *variable);

/* spool.c */
void open_spool(const char *path);
void close_spool_in_child(void);
size_t record(char *into, char type, uint32_t key, char kind, int count, const int64_t *values);
bool append_now(const char *text, size_t bytes);
void append(const char *text, size_t bytes);
void tell(char type, uint32_t key, int count, const int64_t *values);
bool flush_spool(void);
bool is_spool_worth_waiting(void);
void ring(bool is_urgent);
int64_t ring_if_due(int64_t at);

/* log.c */
void prepare_logs(void);
void forget_log(struct log *log);
int prepare_log(struct log *log, struct context *context, const char *name);
int open_log_in_child(const struct log *log, const struct context *context, const char *name);
void unmake_log_in_child(const struct log *log, const struct context *context, const char *name);
int place_log(struct log *log, struct context *context, const char *name);
int leave_log(struct log *log, struct context *context, const char *name);

/* contexts.c */
bool make_context_room(int64_t id);
struct context *find_context(int64_t id);
void put_context(int64_t id, struct context *context);
void open_context(struct context *context);
void forget_context(int64_t id);
void release_context(struct context *context); /* with the lock */

/* process.c */
struct process {
  pid_t pid, parent, group;
  uint64_t start; /* as /proc says, in ticks since boot */
  bool is_zombie;
  int owner;      /* ending.c */
};
extern uint32_t runner_id;
bool prepare_marks(void);
bool bear_mark(uint32_t key);
void prepare_processes(void);
const char *boot_id(void);
int read_process(pid_t pid, struct process *process);
int list_processes(struct process **list, int *count);
int read_marks(const struct process *process, uint64_t marks[2]);
int signal_process(const struct process *process, int signal);
void stop_tracing(pid_t pid, int signal);
uint64_t ticks_at(int64_t boot_us);

/* launch.c */
void prepare_launch(void);
bool build_environment(struct slot *slot, const struct task *task);
pid_t launch(struct slot *slot, struct task *task);

/* slot.c */
void prepare_slots(void);
bool make_slots(int64_t at);
void join_slots(void);

/* orphans.c */
void prepare_orphans(void);
int64_t look_after_orphans(int64_t at, bool is_last);
enum left { SOME, NONE, UNPROVED };
enum left end_orphans(uint32_t key, pid_t group, int signal);

/* ending.c */
void prepare_endings(void);
void stop_task(uint32_t key, int64_t grace_us);
int64_t look_after_slots(int64_t at, bool *is_busy);

/* commands.c */
enum verdict { OBEYED, UNFINISHED, NO_MEMORY, NO_COMMAND };
bool read_input(void);
enum verdict obey(void);
void drop_all(void);

#endif
