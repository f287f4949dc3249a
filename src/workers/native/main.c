/* The runner's beginning, its first thread, and its end. PROTOCOL.md says how it is called. */
#include "remote/remote.h"
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

static int exit_status;

/* ---- beginning ---- */

static long option(const char *text, long least, long most, const char *what) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno == 0 && end != text && *end == 0 && value >= least && value <= most) return value;
  dprintf(2, "air-executor-runner: %s: expected a number from %ld to %ld, not \"%s\"\n", what, least, most, text);
  _exit(2);
}

/* What we inherit beyond 0, 1 and 2 is nobody's, and would reach tasks. */
static void prepare_files(void) {
  for (int file = 0; file < 3; file++)
    if (fcntl(file, F_GETFD) < 0) die("0, 1 and 2 must be open");
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 3, ~0u, 0) != 0)
#endif
    for (int file = 3, end = (int)sysconf(_SC_OPEN_MAX); file < end && file < 65536; file++) close(file);
}

static void say_hello(bool has_marks) {
  struct process own;
  if (read_process(getpid(), &own) != 0) own.start = 0;
  char text[256];
  int bytes = snprintf(text, sizeof text, "h %d %lu %d %llu %s %s\n", PROTOCOL_VERSION, (unsigned long)runner_id, (int)getpid(),
                       (unsigned long long)own.start, boot_id(), has_marks ? "locks" : "none");
  append(text, (size_t)bytes);
  ring(true);
}

/* ---- the first thread ---- */

static void end_input(void) {
  pthread_mutex_lock(&lock);
  is_over = true;
  pthread_mutex_unlock(&lock);
  drop_all();
  tell('q', 0, 0, NULL);
  ring(true);
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&lock);
}

static bool is_all_over(void) {
  pthread_mutex_lock(&lock);
  bool is_done = is_over && running == 0 && !queue;
  pthread_mutex_unlock(&lock);
  return is_done;
}

static int64_t earlier(int64_t a, int64_t b) { return b && (!a || b < a) ? b : a; }

static void empty(int file) {
  char bytes[1024];
  while (read(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes) continue;
}

static void work(void) {
  enum verdict verdict = UNFINISHED;
  while (!is_all_over()) {
    int64_t at = boot_us();
    bool is_busy;
    int64_t due = look_after_slots(at, &is_busy);
    due = earlier(due, look_after_orphans(at, false));
    due = earlier(due, ring_if_due(at));
    if (!flush_spool()) due = earlier(due, at + AGAIN_US);
    if (verdict == NO_MEMORY || !make_slots(at)) due = earlier(due, at + AGAIN_US);
    if (due > at + MINUTE_US) due = at + MINUTE_US;
    /* While tasks come and go quickly their ends don't wake us: we look anyway. Otherwise it may be an orphan's. */
    struct pollfd files[4] = {
        {woken, POLLIN, 0},
        {is_over || verdict == NO_MEMORY ? -1 : 0, POLLIN, 0},
        {is_busy ? -1 : child_signals, POLLIN, 0},
        {requests, POLLIN, 0},
    };
    if (poll(files, 4, due == 0 ? -1 : due <= at ? 0 : (int)((due - at) / 1000 + 1)) < 0) {
      if (errno != EINTR) pause_us(1000);
      files[0].revents = files[1].revents = files[2].revents = files[3].revents = 0;
    }
    if (files[0].revents) empty(woken);
    if (files[2].revents) empty(child_signals);
    if (files[3].revents) is_shutdown();
    bool is_input_over = files[1].revents && !read_input();
    if (files[1].revents || verdict == NO_MEMORY) verdict = obey();
    if (verdict == NO_COMMAND) {
      dprintf(2, "air-executor-runner: what came is no command\n");
      exit_status = 2;
    }
    if ((is_input_over || verdict == NO_COMMAND) && !is_over) end_input();
    if (is_over) verdict = UNFINISHED;
  }
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--slot") == 0) return slot_main(argc - 2, argv + 2);
  if (argc == 2 && strcmp(argv[1], "--version") == 0) return dprintf(1, "air-executor-runner %d\n", PROTOCOL_VERSION) < 0 ? 2 : 0;
  prepare_files();
  prepare_waking();
  prepare_signals();
  long soft = -1;
  for (int letter; (letter = getopt(argc, argv, "n:i:")) != -1;) {
    if (letter == 'n') soft = option(optarg, 0, INT32_MAX, "-n");
    else if (letter == 'i') ignore_signal((int)option(optarg, 1, NSIG - 1, "-i"));
    else return 2;
  }
  if (argc - optind != 2) {
    dprintf(2, "usage: runner [-n SOFT] [-i SIGNAL]... SPOOL SLOTS\n");
    return 2;
  }
  width = (int)option(argv[optind + 1], 1, MAX_SLOTS, "SLOTS");
  setsid();
  open_spool(argv[optind]);
  if (chdir("/") != 0) die("/");
  prepare_limits(soft);
  bool has_marks = prepare_marks();
  prepare_processes();
  prepare_orphans();
  prepare_logs();
  prepare_launch();
  prepare_slots();
  prepare_endings();
  read_base_environment();
  say_hello(has_marks);
  work();
  join_slots();
  look_after_orphans(boot_us(), true);
  while (!flush_spool() && is_spool_worth_waiting()) pause_us(AGAIN_US);
  ring(true);
  return exit_status;
}
