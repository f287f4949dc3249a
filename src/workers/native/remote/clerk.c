/* The clerk: all that touches the files that the slot shares with its engine. */
#include "remote.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  BUSY_MS = 20, IDLE_MS = 1000, /* between two looks; grows by a quarter while nothing happens */
  CONTROL_MS = 1000,            /* between two looks at ctl.N while it has tasks; else that is looked at each time */
  MOST_BATCH_BYTES = 64 << 20
};

struct remote_slot slot;
volatile struct remote_common *common;

static struct clerk_pipes pipes;

static struct {
  int64_t batch, pending;       /* the last batch taken; tasks handed to the runner that have neither ended nor been dropped */
  int64_t word_at;              /* when ctl.N last said something new */
  char word[64];                /* what it said */
  int is_torn;                  /* the last append to the shared spool did not come whole */
  int is_closing, is_runner_gone;
} clerk;

/* Appends whole lines. False if they did not all come: then they have to be appended again, behind a mark that they are. */
static int append(const char *text, size_t bytes) {
  int file = open(slot.spool, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t mark = clerk.is_torn ? write(file, "?\n", 2) : 2;
  ssize_t written = mark == 2 ? write(file, text, bytes) : -1;
  /* On a file system of the net it is only known when it is closed whether a write arrived. */
  int is_whole = written == (ssize_t)bytes && fsync(file) == 0;
  if (close(file) != 0) is_whole = 0;
  clerk.is_torn = !is_whole;
  return is_whole;
}

static void say(const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  while (!append(line, (size_t)length)) poll(NULL, 0, 500);
}

static void remove_local(void) {
  unlink(slot.local);
  rmdir(slot.local_directory);
}

static int64_t count_ends(const char *text, size_t bytes) {
  int64_t ends = 0;
  for (const char *at = text, *end = text + bytes; at < end;) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    if (newline - at > 2 && at[1] == ' ' && (at[0] == 'e' || at[0] == 'd') && newline[-1] != '?') ends++;
    at = newline + 1;
  }
  return ends;
}

/* Carries what the runner has recorded. True if there was something. */
static int carry(void) {
  static char text[65536];
  int file = open(slot.local, O_RDONLY | O_CLOEXEC), has_carried = 0;
  if (file < 0) return 0;
  for (;;) {
    ssize_t bytes = pread(file, text, sizeof text, (off_t)common->carried);
    char *last = bytes > 0 ? memrchr(text, '\n', (size_t)bytes) : NULL;
    if (!last) break;
    size_t whole = (size_t)(last - text) + 1;
    if (!append(text, whole)) break;
    common->carried += (int64_t)whole;
    clerk.pending -= count_ends(text, whole);
    has_carried = 1;
  }
  close(file);
  return has_carried;
}

static char *read_whole(const char *path, size_t *bytes) {
  int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat stat;
  if (file < 0) return NULL;
  char *text = NULL;
  if (fstat(file, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size > 0 && stat.st_size < MOST_BATCH_BYTES + 4096 &&
      (text = malloc((size_t)stat.st_size + 1)) != NULL) {
    ssize_t count = pread(file, text, (size_t)stat.st_size, 0);
    if (count == stat.st_size) {
      *bytes = (size_t)count;
      text[count] = 0;
    } else {
      free(text);
      text = NULL;
    }
  }
  close(file);
  return text;
}

/* `WORD SEQUENCE`, a line. It is enough that it could be read: so the engine may be away for as long as it likes. */
static void read_control(void) {
  size_t bytes;
  char *text = read_whole(slot.control, &bytes), word[16];
  int64_t at = now_ms();
  if (!text) return;
  if (text[bytes - 1] == '\n' && bytes < sizeof clerk.word && sscanf(text, "%15s", word) == 1) {
    char heard = HEARD;
    if (strcmp(text, clerk.word) != 0) {
      strcpy(clerk.word, text);
      clerk.word_at = at;
    }
    if (strcmp(word, "fence") == 0) heard = FENCE, common->is_fenced = 1;
    else common->heard_at = at;
    if (strcmp(word, "close") == 0) clerk.is_closing = 1;
    if (write(pipes.to_watchdog, &heard, 1) != 1) _exit(EXIT_OVER);
  }
  free(text);
}

static int command(const char *text, size_t bytes) {
  while (bytes) {
    ssize_t written = write(pipes.commands, text, bytes);
    if (written < 0 && errno != EINTR) return 0;
    if (written > 0) text += written, bytes -= (size_t)written;
  }
  return 1;
}

/* `batch NUMBER TASKS BYTES KEY`, a line, then so many bytes of commands, then `end NUMBER`, a line. Taken once, and only whole. KEY is the engine's. */
static int take_batch(void) {
  size_t bytes;
  long long number, tasks, length, key;
  int head = 0, has_taken = 0;
  char *text = read_whole(slot.in, &bytes), tail[64];
  if (!text) return 0;
  if (sscanf(text, "batch %lld %lld %lld %lld%n", &number, &tasks, &length, &key, &head) == 4 && head > 0 && text[head] == '\n' &&
      number == clerk.batch + 1 && length >= 0 && tasks >= 0) {
    int tail_bytes = snprintf(tail, sizeof tail, "end %lld\n", number);
    size_t from = (size_t)head + 1;
    if (bytes == from + (size_t)length + (size_t)tail_bytes && memcmp(text + from + length, tail, (size_t)tail_bytes) == 0) {
      clerk.batch = number;
      clerk.pending += tasks;
      /* A runner that takes nothing is gone, which the watchdog will say. */
      if (command(text + from, (size_t)length)) say("took %lld\n", number);
      has_taken = 1;
    }
  }
  free(text);
  return has_taken;
}

static void end_runner(void) {
  if (pipes.commands >= 0) close(pipes.commands);
  pipes.commands = -1;
}

/* The watchdog was killed, alone. Nobody would hear of a lease any more, so all ends here: the runner, stopped, starts nothing meanwhile. */
static void be_the_last(void) {
  kill(pipes.runner, SIGSTOP);
  while (signal_all(pipes.runner, SIGKILL, NULL, 0) != 0) poll(NULL, 0, KILL_AGAIN_MS);
  kill(pipes.runner, SIGKILL);
  carry();
  say("bye watchdog %lld\n", (long long)wall_us());
  remove_local();
  _exit(EXIT_OVER);
}

static void hear_watchdog(void) {
  char words[16];
  ssize_t count = read(pipes.from_watchdog, words, sizeof words);
  if (count == 0) be_the_last();
  for (ssize_t i = 0; i < count; i++) switch (words[i]) {
      case TERMINATED:
        say("term %lld\n", (long long)wall_us());
        end_runner();
        break;
      case TIME_IS_SHORT:
        say("soon %lld\n", (long long)wall_us());
        if (pipes.commands >= 0) command("q", 2);
        break;
      case RUNNER_GONE: clerk.is_runner_gone = 1; break;
    }
}

void be_clerk(struct clerk_pipes own, const char *job, const char *node) {
  int64_t wait = BUSY_MS, control_at = 0;
  pipes = own;
  setpgid(0, 0); /* a signal to the group of the batch script is not for it: what ended has to be carried */
  say("up 1 %s_%s %s %lld\n", job, slot.number, node, (long long)wall_us());
  signal(SIGPIPE, SIG_IGN);
  clerk.word_at = now_ms();
  for (;;) {
    struct pollfd fds[2] = {{pipes.from_watchdog, POLLIN, 0}, {clerk.is_runner_gone ? -1 : pipes.bell, POLLIN, 0}};
    poll(fds, 2, (int)wait);
    char bells[256];
    if (fds[1].revents && read(pipes.bell, bells, sizeof bells) < 0 && errno != EAGAIN && errno != EINTR) _exit(EXIT_OVER);
    if (fds[0].revents) hear_watchdog();
    int64_t at = now_ms();
    if (at >= control_at || clerk.pending <= 0) {
      read_control();
      control_at = at + CONTROL_MS;
    }
    int is_busy = carry();
    if (pipes.commands >= 0 && take_batch()) is_busy = 1;
    if (at - clerk.word_at > slot.idle_ms) clerk.is_closing = 1;
    if (clerk.is_closing && clerk.pending <= 0) end_runner();
    if (clerk.is_runner_gone) {
      carry();
      char done = DONE;
      if (write(pipes.to_watchdog, &done, 1) != 1) _exit(EXIT_OVER);
      _exit(EXIT_OVER);
    }
    wait = is_busy || clerk.pending > 0 ? BUSY_MS : wait * 5 / 4 < IDLE_MS ? wait * 5 / 4 : IDLE_MS;
  }
}

/* By a process made for that, in the place of a clerk that may be stuck in the file system. */
void say_last_words(const char *reason) {
  clerk.is_torn = 1; /* perhaps: the mark harms nothing */
  carry();
  say("bye %s %lld\n", reason, (long long)wall_us());
  remove_local();
  _exit(0);
}

#endif
