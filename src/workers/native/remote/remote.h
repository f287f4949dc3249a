/* The slot of a cluster: see slot.c. Linux alone. */
#ifndef AIR_EXECUTOR_REMOTE_H
#define AIR_EXECUTOR_REMOTE_H

#define _GNU_SOURCE

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

/* `words` are what stands behind `--slot`. Gives the exit code. */
int slot_main(int count, char **words);

#ifdef __linux__

enum {
  /* Exit codes of our own: the message of a slot that failed names them. */
  EXIT_OVER = 0, EXIT_USAGE = 90, EXIT_FILES = 91, EXIT_RUNNER = 92, EXIT_LEASE = 93, EXIT_FENCED = 94, EXIT_RESTARTED = 95,
  KILL_AGAIN_MS = 20
};

/* What the clerk says to the watchdog, a byte each, and the watchdog to the clerk. */
enum { HEARD = 'h', FENCE = 'f', DONE = 'd', TERMINATED = 't', TIME_IS_SHORT = 's', RUNNER_GONE = 'r' };

/* How it was called, and its files. */
struct remote_slot {
  const char *directory, *number;
  int64_t lease_ms, idle_ms, grace_ms;
  char in[4096], control[4096], spool[4096], claim[4096], local[4200], local_directory[4096];
};

/* What clerk and watchdog have in common. */
struct remote_common {
  int64_t carried;  /* how much of the local spool is in the shared one: a later clerk goes on from there */
  int64_t heard_at; /* when ctl.N was read last, and said no `fence` */
  int64_t is_fenced;
};

/* The files, from the ground up: each calls only those that stand before it. */

/* ../clock.c */
int64_t wall_us(void);
int64_t boot_us(void);

/* descendants.c */
_Noreturn void fail(int code, const char *format, ...);
int64_t now_ms(void);
int signal_all(pid_t root, int number, const pid_t *spared, int spared_count);

/* clerk.c */
extern struct remote_slot slot;
extern volatile struct remote_common *common;
struct clerk_pipes {
  pid_t runner;
  int bell, commands, to_watchdog, from_watchdog;
};
_Noreturn void be_clerk(struct clerk_pipes pipes, const char *job, const char *node);
_Noreturn void say_last_words(const char *reason);

/* watchdog.c */
void kill_all(void);
int watch(pid_t runner, pid_t clerk, int signals, int from_clerk, int to_clerk);

#endif
#endif
