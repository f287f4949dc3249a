/* Open files: how many tasks and we may have, and what is given back where there are too few. */
#include "runner.h"

struct rlimit files_limit, own_files_limit;

/* A handle was missing, so until then none is kept for what may come later: a slot's next task, a job's. Asked for each task. */
static _Atomic int64_t few_files_until;

void prepare_limits(long soft) {
  if (getrlimit(RLIMIT_NOFILE, &own_files_limit) != 0) die("limit of open files");
  files_limit = own_files_limit;
  if (soft >= 0) files_limit.rlim_cur = (rlim_t)soft < files_limit.rlim_max ? (rlim_t)soft : files_limit.rlim_max;
  own_files_limit.rlim_cur = own_files_limit.rlim_max;
#ifdef __APPLE__
  if (own_files_limit.rlim_cur > 10240) own_files_limit.rlim_cur = 10240;
#endif
  if (setrlimit(RLIMIT_NOFILE, &own_files_limit) != 0) getrlimit(RLIMIT_NOFILE, &own_files_limit);
}

bool are_files_few(void) {
  int64_t until = atomic_load_explicit(&few_files_until, memory_order_relaxed);
  return until > 0 && boot_us() < until;
}

/* Not with the lock. Slots that have nothing to do give back what they keep. */
void want_files(void) {
  pthread_mutex_lock(&lock);
  few_files_until = boot_us() + SELDOM_US;
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&lock);
}
