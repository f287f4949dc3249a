/* What time it is, and how to let some pass. Microseconds. */
#include "runner.h"

#include <time.h>

static int64_t microseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t wall_us(void) { return microseconds(CLOCK_REALTIME); }

/* Since the machine was started, its sleep included: nobody sets it. */
int64_t boot_us(void) {
#ifdef __linux__
  return microseconds(CLOCK_BOOTTIME);
#else
  return microseconds(CLOCK_MONOTONIC);
#endif
}

void pause_us(int64_t us) { nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL); }
