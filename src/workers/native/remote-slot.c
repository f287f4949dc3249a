/*
 * A slot: a runner on a machine that shares a file system with its engine, and nothing else. Started as `runner --slot …` by the batch script
 * of a Slurm job. Three processes, so that none waits for what only another one needs:
 *
 *   the watchdog (this one)   signals, the lease, and the end of everything. Once it runs it touches no file but /proc, so a file system that
 *                             hangs can't keep it from ending the tasks in time.
 *   the clerk                 carries batches from `in.N` to the runner and the runner's records into `spool.N`, and reads `ctl.N`.
 *   the runner                the one of this folder, with a spool on a disk of this machine.
 *
 * The lease: whoever gave us tasks may give them to others when nothing was heard of us for long enough. So if the clerk could not read
 * `ctl.N` for LEASE seconds, or read `fence` there, all tasks are killed. `bye` in the spool says that nothing of ours runs, and is the last
 * line. Files are opened for each look and each append: between machines an open file may show what it held half a minute ago.
 *
 * It knows no graph, no job and no scheduler, and decides nothing about tasks but their end. PROTOCOL.md has the files.
 */
#define _GNU_SOURCE
#include "remote-slot.h"

#ifdef __linux__

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  /* Exit codes of our own: the message of a slot that failed names them. */
  EXIT_OVER = 0, EXIT_USAGE = 90, EXIT_FILES = 91, EXIT_RUNNER = 92, EXIT_LEASE = 93, EXIT_FENCED = 94, EXIT_RESTARTED = 95,
  BUSY_MS = 20, IDLE_MS = 1000, /* between two looks of the clerk; grows by a quarter while nothing happens */
  CONTROL_MS = 1000,            /* between two looks at ctl.N while it has tasks; else that is looked at each time */
  ASK_MS = 2000,                /* so long the tasks are held before they are ended with the lease: less than whoever waits for that adds to it */
  TERM_DELAY_MS = 100, /* so that the runner has heard that it starts nothing more */
  KILL_AGAIN_MS = 20, LAST_WORDS_MS = 60000,
  MOST_BATCH_BYTES = 64 << 20
};

/* What the clerk says to the watchdog, a byte each, and the watchdog to the clerk. */
enum { HEARD = 'h', FENCE = 'f', DONE = 'd', TERMINATED = 't', TIME_IS_SHORT = 's', RUNNER_GONE = 'r' };

static struct {
  const char *directory, *number;
  int64_t lease_ms, idle_ms, grace_ms;
  char in[4096], control[4096], spool[4096], claim[4096], local[4200], local_directory[4096];
} slot;

/* What clerk and watchdog have in common. */
static volatile struct {
  int64_t carried;  /* how much of the local spool is in the shared one: a later clerk goes on from there */
  int64_t heard_at; /* when ctl.N was read last, and said no `fence` */
  int64_t is_fenced;
} *common;

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time); /* goes on while the machine sleeps: a lease does, too */
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t wall_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void fail(int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("slot: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  _exit(code);
}

/* ---- processes ---- */

struct process {
  pid_t pid, parent;
  int is_ours, is_over;
};

/*
 * Sends a signal to all that descends from `root` but to `spared`, and says how many that were; -1 if it can't be told. The watchdog and the runner are
 * subreapers: whom orphans come to.
 */
static int signal_all(pid_t root, int number, const pid_t *spared, int spared_count) {
  static struct process *list;
  static size_t room;
  size_t count = 0;
  int found = 0, is_unsure = 0;
  DIR *proc = opendir("/proc");
  if (!proc) return -1;
  for (struct dirent *entry; (entry = readdir(proc));) {
    char path[300], text[512], state;
    int parent, threads;
    if (*entry->d_name < '1' || *entry->d_name > '9') continue;
    snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (bytes < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) is_unsure = 1;
    if (file >= 0) close(file);
    if (bytes <= 0) continue;
    text[bytes] = 0;
    char *name_end = strrchr(text, ')');
    static const char format[] = " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d";
    if (!name_end || sscanf(name_end + 1, format, &state, &parent, &threads) != 3) continue;
    if (count == room && !(list = realloc(list, (room = room * 2 + 256) * sizeof *list))) fail(EXIT_RUNNER, "no memory");
    /* One whose first thread alone has ended looks like a zombie, and is none. */
    int is_over = (state == 'Z' || state == 'X') && threads <= 1;
    list[count++] = (struct process){(pid_t)atoi(entry->d_name), parent, 0, is_over};
  }
  closedir(proc);
  for (int has_changed = 1; has_changed;) {
    has_changed = 0;
    for (size_t i = 0; i < count; i++) {
      if (list[i].is_ours) continue;
      int is_child = list[i].parent == root;
      for (size_t j = 0; !is_child && j < count; j++) is_child = list[j].is_ours && list[j].pid == list[i].parent;
      if (is_child) list[i].is_ours = has_changed = 1;
    }
  }
  for (size_t i = 0; i < count; i++) {
    int is_spared = 0;
    for (int j = 0; j < spared_count; j++) is_spared |= list[i].pid == spared[j];
    if (!list[i].is_ours || list[i].is_over || is_spared) continue;
    kill(list[i].pid, number);
    if (number != SIGKILL && number != SIGSTOP) kill(list[i].pid, SIGCONT);
    found++;
  }
  return found == 0 && is_unsure ? -1 : found;
}

/* ---- the clerk: all that touches the shared files ---- */

static struct {
  pid_t runner;
  int bell, commands, to_watchdog, from_watchdog;
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
    if (write(clerk.to_watchdog, &heard, 1) != 1) _exit(EXIT_OVER);
  }
  free(text);
}

static int command(const char *text, size_t bytes) {
  while (bytes) {
    ssize_t written = write(clerk.commands, text, bytes);
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
  if (clerk.commands >= 0) close(clerk.commands);
  clerk.commands = -1;
}

/* The watchdog was killed, alone. Nobody would hear of a lease any more, so all ends here: the runner, stopped, starts nothing meanwhile. */
static void be_the_last(void) {
  kill(clerk.runner, SIGSTOP);
  while (signal_all(clerk.runner, SIGKILL, NULL, 0) != 0) poll(NULL, 0, KILL_AGAIN_MS);
  kill(clerk.runner, SIGKILL);
  carry();
  say("bye watchdog %lld\n", (long long)wall_us());
  remove_local();
  _exit(EXIT_OVER);
}

static void hear_watchdog(void) {
  char words[16];
  ssize_t count = read(clerk.from_watchdog, words, sizeof words);
  if (count == 0) be_the_last();
  for (ssize_t i = 0; i < count; i++) switch (words[i]) {
      case TERMINATED:
        say("term %lld\n", (long long)wall_us());
        end_runner();
        break;
      case TIME_IS_SHORT:
        say("soon %lld\n", (long long)wall_us());
        if (clerk.commands >= 0) command("q", 2);
        break;
      case RUNNER_GONE: clerk.is_runner_gone = 1; break;
    }
}

static void be_clerk(void) {
  int64_t wait = BUSY_MS, control_at = 0;
  signal(SIGPIPE, SIG_IGN);
  clerk.word_at = now_ms();
  for (;;) {
    struct pollfd fds[2] = {{clerk.from_watchdog, POLLIN, 0}, {clerk.is_runner_gone ? -1 : clerk.bell, POLLIN, 0}};
    poll(fds, 2, (int)wait);
    char bells[256];
    if (fds[1].revents && read(clerk.bell, bells, sizeof bells) < 0 && errno != EAGAIN && errno != EINTR) _exit(EXIT_OVER);
    if (fds[0].revents) hear_watchdog();
    int64_t at = now_ms();
    if (at >= control_at || clerk.pending <= 0) {
      read_control();
      control_at = at + CONTROL_MS;
    }
    int is_busy = carry();
    if (clerk.commands >= 0 && take_batch()) is_busy = 1;
    if (at - clerk.word_at > slot.idle_ms) clerk.is_closing = 1;
    if (clerk.is_closing && clerk.pending <= 0) end_runner();
    if (clerk.is_runner_gone) {
      carry();
      char done = DONE;
      if (write(clerk.to_watchdog, &done, 1) != 1) _exit(EXIT_OVER);
      _exit(EXIT_OVER);
    }
    wait = is_busy || clerk.pending > 0 ? BUSY_MS : wait * 5 / 4 < IDLE_MS ? wait * 5 / 4 : IDLE_MS;
  }
}

/* ---- the watchdog ---- */

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
  if (pid == 0) {
    clerk.is_torn = 1; /* perhaps: the mark harms nothing */
    carry();
    say("bye %s %lld\n", reason, (long long)wall_us());
    remove_local();
    _exit(0);
  }
  for (int64_t end = now_ms() + LAST_WORDS_MS; pid > 0 && now_ms() < end; poll(NULL, 0, KILL_AGAIN_MS))
    if (waitpid(pid, NULL, WNOHANG) == pid) return;
}

static void kill_all(void) {
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

static int watch(pid_t runner, pid_t clerk_pid, int signals, int from_clerk, int to_clerk) {
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

static int64_t milliseconds(const char *text) {
  char *end;
  double seconds = strtod(text, &end);
  if (*end || !(seconds > 0 && seconds < 1e9)) fail(EXIT_USAGE, "expected seconds, got %s", text);
  return (int64_t)(seconds * 1000);
}

static const char *node_name(void) {
  const char *name = getenv("SLURMD_NODENAME");
  return name ? name : "-";
}

/* A place for the runner's spool: on a disk that is full it would start nothing, and say nothing. */
static int make_local(const char *parent) {
  static const char probe[65536];
  snprintf(slot.local_directory, sizeof slot.local_directory, "%s/air-slot-XXXXXX", parent);
  if (!mkdtemp(slot.local_directory)) return 0;
  snprintf(slot.local, sizeof slot.local, "%s/spool", slot.local_directory);
  int file = open(slot.local, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), problem = errno;
  ssize_t written = file < 0 ? -1 : write(file, probe, sizeof probe);
  if (written < 0) problem = errno;
  if (file >= 0) close(file);
  unlink(slot.local);
  if (written == sizeof probe) return 1;
  rmdir(slot.local_directory);
  errno = written < 0 ? problem : ENOSPC;
  return 0;
}

static void name_files(void) {
  const char *temporary = getenv("TMPDIR");
  snprintf(slot.in, sizeof slot.in, "%s/in.%s", slot.directory, slot.number);
  snprintf(slot.control, sizeof slot.control, "%s/ctl.%s", slot.directory, slot.number);
  snprintf(slot.spool, sizeof slot.spool, "%s/spool.%s", slot.directory, slot.number);
  snprintf(slot.claim, sizeof slot.claim, "%s/claim.%s", slot.directory, slot.number);
  if (access(slot.spool, W_OK) != 0)
    fail(EXIT_FILES, "%s: %s; the directory of jobs must be on a file system that the nodes share", slot.spool, strerror(errno));
  if (!(temporary && *temporary && make_local(temporary)) && !make_local("/tmp") && !make_local("/dev/shm"))
    fail(EXIT_FILES, "no room for its files in TMPDIR, /tmp and /dev/shm of %s: %s", node_name(), strerror(errno));
}

/*
 * A slot is started once. A controller that was killed may start it again while the first one runs, on a node that it can't see: both would
 * take the same batch. The second one says nothing, for its word would count for the first.
 */
static void claim_slot(const char *job, const char *node) {
  int file = open(slot.claim, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int problem = errno;
  if (file < 0) rmdir(slot.local_directory);
  if (file < 0 && problem == EEXIST)
    fail(EXIT_RESTARTED, "slot %s was started before: Slurm starts it a second time", slot.number);
  if (file < 0) fail(EXIT_FILES, "%s: %s", slot.claim, strerror(problem));
  dprintf(file, "%s %s\n", job, node);
  close(file);
}

static pid_t start_runner(int commands, int bell, char *const *options, int count, const char *slots, const sigset_t *mask) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  char **arguments = calloc((size_t)count + 4, sizeof *arguments);
  int at = 0;
  arguments[at++] = (char *)"air-executor-runner";
  for (int i = 0; i < count; i++) arguments[at++] = options[i];
  arguments[at++] = slot.local;
  arguments[at++] = (char *)slots;
  dup2(commands, 0);
  dup2(bell, 1);
  sigprocmask(SIG_SETMASK, mask, NULL);
  execv("/proc/self/exe", arguments);
  fail(EXIT_RUNNER, "the runner can't be started: %s", strerror(errno));
  return -1;
}

/* runner --slot DIRECTORY NUMBER LEASE IDLE GRACE SLOTS [OPTION OF THE RUNNER]... */
int slot_main(int count, char **words) {
  if (count < 6) fail(EXIT_USAGE, "expected DIRECTORY NUMBER LEASE IDLE GRACE SLOTS");
  slot.directory = words[0];
  slot.number = words[1];
  slot.lease_ms = milliseconds(words[2]);
  slot.idle_ms = milliseconds(words[3]);
  slot.grace_ms = milliseconds(words[4]);
  const char *job = getenv("SLURM_ARRAY_JOB_ID");
  name_files();
  claim_slot(job ? job : "-", node_name());
  common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int commands[2], bell[2], to_watchdog[2], to_clerk[2];
  if ((void *)common == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || pipe2(commands, O_CLOEXEC) || pipe2(bell, O_CLOEXEC) ||
      pipe2(to_watchdog, O_CLOEXEC) || pipe2(to_clerk, O_CLOEXEC))
    fail(EXIT_FILES, "%s", strerror(errno));
  common->heard_at = now_ms();
  sigset_t mask, before;
  sigemptyset(&mask);
  sigaddset(&mask, SIGTERM);
  sigaddset(&mask, SIGUSR1);
  sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_BLOCK, &mask, &before);
  fcntl(to_watchdog[0], F_SETFL, O_NONBLOCK);
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  pid_t runner = start_runner(commands[0], bell[1], words + 6, count - 6, words[5], &before);
  close(commands[0]);
  close(bell[1]);
  pid_t clerk_pid = fork();
  if (clerk_pid == 0) {
    close(to_watchdog[0]);
    close(to_clerk[1]);
    clerk.runner = runner, clerk.commands = commands[1], clerk.bell = bell[0], clerk.to_watchdog = to_watchdog[1], clerk.from_watchdog = to_clerk[0];
    setpgid(0, 0); /* a signal to the group of the batch script is not for it: what ended has to be carried */
    say("up 1 %s_%s %s %lld\n", job ? job : "-", slot.number, node_name(), (long long)wall_us());
    be_clerk();
  }
  close(to_watchdog[1]);
  close(to_clerk[0]);
  close(commands[1]);
  close(bell[0]);
  signal(SIGPIPE, SIG_IGN);
  if (runner < 0 || clerk_pid < 0 || signals < 0) {
    kill_all();
    fail(EXIT_RUNNER, "no process can be started: %s", strerror(errno));
  }
  return watch(runner, clerk_pid, signals, to_watchdog[0], to_clerk[1]);
}

#else

#include <stdio.h>

int slot_main(int count, char **words) {
  (void)count, (void)words;
  fputs("slot: only on Linux\n", stderr);
  return 90;
}

#endif
