/*
 * A slot: a runner on a machine that shares a file system with its engine, and nothing else. Started as `runner --slot …` by the batch script
 * of a Slurm job. Three processes, so that none waits for what only another one needs:
 *
 *   the watchdog   (watchdog.c; what was called becomes it) signals, the lease, and the end of everything. Once it runs it touches no file but
 *                  /proc, so a file system that hangs can't keep it from ending the tasks in time.
 *   the clerk      (clerk.c) carries batches from `in.N` to the runner and the runner's records into `spool.N`, and reads `ctl.N`.
 *   the runner     the one of the folder above, with a spool on a disk of this machine.
 *
 * The lease: whoever gave us tasks may give them to others when nothing was heard of us for long enough. So if the clerk could not read
 * `ctl.N` for LEASE seconds, or read `fence` there, all tasks are killed. `bye` in the spool says that nothing of ours runs, and is the last
 * line. Files are opened for each look and each append: between machines an open file may show what it held half a minute ago.
 *
 * It knows no graph, no job and no scheduler, and decides nothing about tasks but their end. PROTOCOL.md has the files.
 */
#include "remote.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

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
    be_clerk((struct clerk_pipes){runner, bell[0], commands[1], to_watchdog[1], to_clerk[0]}, job ? job : "-", node_name());
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
