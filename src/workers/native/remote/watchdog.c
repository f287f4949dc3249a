/* The watchdog: signals, the lease, and the end of everything. It touches no file but /proc. */
#include "remote.h"

#ifdef __linux__

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  ASK_MS = 2000,       /* so long the tasks are held before they are ended with the lease: less than whoever waits for that adds to it */
  TERM_DELAY_MS = 100, /* so that the runner has heard that it starts nothing more */
  LAST_WORDS_MS = 60000
};

static void reap(pid_t runner, pid_t clerk_pid, int *runner_status, int *has_runner, int *has_clerk) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == runner) *has_runner = 0, *runner_status = status;
    if (pid == clerk_pid) *has_clerk = 0;
  }
}

/* A new clerk for the last words, since the one that we had may be stuck in the file system. We don't wait for ever for it. */
static void say_bye(const char *reason) {
  pid_t pid = fork();
  if (pid == 0) say_last_words(reason);
  for (int64_t end = now_ms() + LAST_WORDS_MS; pid > 0 && now_ms() < end; poll(NULL, 0, KILL_AGAIN_MS))
    if (waitpid(pid, NULL, WNOHANG) == pid) return;
}

void kill_all(void) {
  while (signal_all(getpid(), SIGKILL, NULL, 0) != 0) {
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    poll(NULL, 0, KILL_AGAIN_MS);
  }
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

/* As `kill_all`, but for a clerk that the file system holds: it has no tasks, and dies when it is let go. */
static void kill_tasks(pid_t clerk_pid) {
  kill(clerk_pid, SIGKILL);
  while (signal_all(getpid(), SIGKILL, &clerk_pid, 1) != 0) {
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    poll(NULL, 0, KILL_AGAIN_MS);
  }
}

/*
 * True if the clerk has just read that we may go on. We may have slept for longer than the lease, as a job does that is suspended, or its machine: then
 * the clerk has slept, too, and is given a moment. The tasks have to wait for that, since others may have been given them.
 */
static int hears_again(pid_t clerk_pid) {
  int64_t ask_ms = slot.lease_ms / 2 < ASK_MS ? slot.lease_ms / 2 : ASK_MS;
  for (int64_t end = now_ms() + ask_ms; now_ms() < end && !common->is_fenced; poll(NULL, 0, KILL_AGAIN_MS)) {
    signal_all(getpid(), SIGSTOP, &clerk_pid, 1);
    if (now_ms() - common->heard_at < slot.lease_ms) {
      signal_all(getpid(), SIGCONT, &clerk_pid, 1);
      return 1;
    }
  }
  return 0;
}

static void tell(int pipe, char word) {
  if (write(pipe, &word, 1) < 0 && errno == EPIPE) return;
}

int watch(pid_t runner, pid_t clerk_pid, int signals, int from_clerk, int to_clerk) {
  int64_t term_at = 0, kill_at = 0;
  int has_runner = 1, has_clerk = 1, runner_status = 0, is_terminated = 0;
  pid_t spared[2] = {clerk_pid, runner};
  for (;;) {
    int64_t at = now_ms(), due = common->heard_at + slot.lease_ms;
    if (kill_at && kill_at < due) due = kill_at;
    if (term_at && term_at < due) due = term_at;
    struct pollfd fds[2] = {{signals, POLLIN, 0}, {from_clerk, POLLIN, 0}};
    poll(fds, 2, due > at ? (int)(due - at) : 0);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) switch (info.ssi_signo) {
        case SIGTERM:
          if (is_terminated) break;
          is_terminated = 1;
          tell(to_clerk, TERMINATED);
          term_at = now_ms() + TERM_DELAY_MS;
          kill_at = term_at + slot.grace_ms;
          break;
        case SIGUSR1: tell(to_clerk, TIME_IS_SHORT); break;
        case SIGCHLD: break;
      }
    int had_runner = has_runner;
    reap(runner, clerk_pid, &runner_status, &has_runner, &has_clerk);
    if (had_runner && !has_runner) {
      /* What it left running has nobody who would tell of its end. */
      signal_all(getpid(), SIGKILL, spared, 1);
      tell(to_clerk, RUNNER_GONE);
    }
    char words[64];
    ssize_t count = read(from_clerk, words, sizeof words);
    for (ssize_t i = 0; i < count; i++) {
      if (words[i] == FENCE) {
        kill_tasks(clerk_pid);
        say_bye("fenced");
        return EXIT_FENCED;
      }
      if (words[i] == DONE) {
        int is_well = WIFEXITED(runner_status) && WEXITSTATUS(runner_status) == 0;
        kill_all();
        say_bye(is_terminated ? "terminated" : is_well ? "over" : "runner");
        return is_well ? EXIT_OVER : EXIT_RUNNER;
      }
    }
    /* A clerk that ended without its last word has found the file system or us broken: nobody hears of our tasks any more. */
    int is_lease_over = now_ms() - common->heard_at >= slot.lease_ms && !(has_clerk && hears_again(clerk_pid));
    if (is_lease_over || (!has_clerk && count <= 0)) {
      kill_tasks(clerk_pid);
      say_bye(is_lease_over ? "lease" : "clerk");
      return EXIT_LEASE;
    }
    if (term_at && now_ms() >= term_at) {
      signal_all(getpid(), SIGTERM, spared, 2);
      term_at = 0;
    }
    if (kill_at && now_ms() >= kill_at) {
      signal_all(getpid(), SIGKILL, spared, 2);
      kill_at = now_ms() + KILL_AGAIN_MS;
    }
  }
}

#endif
