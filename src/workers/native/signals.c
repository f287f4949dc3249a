/* Signals to the runner: none is obeyed, tasks inherit none of that, and that we were told to stop is remembered for a second. */
#include "runner.h"

#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/signalfd.h>
#endif

int child_signals = -1, requests = -1;

void ignore_signal(int signal) {
  /* An ignored SIGCHLD would take the ends of children from whoever waits for them, us first. */
  if (signal != SIGCHLD) sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

#ifdef __linux__
static int hear(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  int file = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (file < 0) die("signalfd");
  return file;
}
#endif

/* Every signal at its default, since tasks inherit that, and none obeyed: there is nothing that a signal should make a runner do. */
void prepare_signals(void) {
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
#ifdef __linux__
  child_signals = hear((int[]){SIGCHLD}, 1);
  requests = hear((int[]){SIGTERM, SIGINT, SIGHUP}, 3);
#endif
}

/*
 * Whether somebody has told us to stop within the last second. Who does tells everybody, as a machine that goes down: what fails now may
 * have been told, too. By any thread: the first one is woken by it, but a task may be faster.
 */
bool is_shutdown(void) {
  static pthread_mutex_t shutdown_lock = PTHREAD_MUTEX_INITIALIZER;
  static int64_t told_at = -SELDOM_US;
  char heard[1024];
  pthread_mutex_lock(&shutdown_lock);
  int64_t at = boot_us();
  if (requests >= 0 && read(requests, heard, sizeof heard) > 0) told_at = at;
  bool is_recent = at - told_at < SELDOM_US;
  pthread_mutex_unlock(&shutdown_lock);
  return is_recent;
}
