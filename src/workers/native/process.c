/*
 * What the system says of processes: who they are, whose child, which mark they bear; and signals to one that can't be another.
 *
 * The mark is the limit RLIMIT_LOCKS, which Linux keeps and inherits but has not used since 2.4: no program sets it, everybody may read it
 * in /proc/PID/limits (of setuid programs too), it costs one system call a task, and it outlives fork, exec, setsid and `env -i`. Roads not
 * taken: a variable in the environment (users change it, and a setuid program's can't be read), a control group (needs a right that we mostly
 * don't have, and 100 µs a task), names, nice values or timer slack (have an effect, or hold too few bits).
 *
 * A mark is ID × 2^32 + KEY. The soft limit is the innermost mark. The hard one is set where it was unlimited, so it is the outermost,
 * and only root can raise it. A soft limit may not exceed its hard one: an ID's top three bits count nesting downwards.
 */
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#include <sys/sysctl.h>
#else
#include <sys/ptrace.h>
#include <sys/syscall.h>
#endif

uint32_t runner_id;
static bool has_marks;
static struct rlimit outer;

enum { DEPTH_SHIFT = 28, KEY_BITS = 32, DEEPEST = 8 };

/* Gives this runner its ID, and finds out whether its tasks can bear it. */
bool prepare_marks(void) {
  int depth = DEEPEST;
  if (getentropy(&runner_id, sizeof runner_id) != 0) runner_id = (uint32_t)wall_us() ^ (uint32_t)getpid() << 12;
#ifdef __linux__
  has_marks = getrlimit(RLIMIT_LOCKS, &outer) == 0;
  rlim_t lower = outer.rlim_cur < outer.rlim_max ? outer.rlim_cur : outer.rlim_max;
  uint64_t top = (uint64_t)lower >> (DEPTH_SHIFT + KEY_BITS);
  if (lower != RLIM_INFINITY && top < DEEPEST) depth = (int)top;
#endif
  if (depth == 0) has_marks = false;
  else depth--;
  runner_id = (runner_id & ((1u << DEPTH_SHIFT) - 1)) | (uint32_t)depth << DEPTH_SHIFT;
  return has_marks;
}

/* In the child. False and errno if it could, but does not. */
bool bear_mark(uint32_t key) {
  if (!has_marks) return true;
#ifdef __linux__
  rlim_t mark = (rlim_t)runner_id << KEY_BITS | key;
  struct rlimit limit = {mark, outer.rlim_max == RLIM_INFINITY ? mark : outer.rlim_max};
  return setrlimit(RLIMIT_LOCKS, &limit) == 0;
#else
  return (void)key, true;
#endif
}

#ifdef __linux__

static DIR *table; /* kept open, so that a look needs no more than one handle */

void prepare_processes(void) {
  table = opendir("/proc");
  struct process own;
  if (!table || read_process(getpid(), &own) != 0) die("/proc");
}

const char *boot_id(void) {
  static char text[64];
  int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t count = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  text[count > 0 ? strcspn(text, "\n") : 0] = 0;
  return *text ? text : "-";
}

uint64_t ticks_at(int64_t boot_us) { return (uint64_t)(boot_us / 1000 * sysconf(_SC_CLK_TCK) / 1000); }

/* Reads a small file of a process; 0 or why not. */
static int read_file(int directory, const char *name, char *text, size_t room) {
  int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  ssize_t count = read(file, text, room - 1);
  int problem = count < 0 ? errno : 0;
  close(file);
  text[count < 0 ? 0 : count] = 0;
  return problem;
}

/* 0, ESRCH if the text is that of no process, or why it can't be read. */
static int read_stat(int directory, const char *name, struct process *process) {
  char text[1024];
  int problem = read_file(directory, name, text, sizeof text);
  if (problem) return problem == ENOENT ? ESRCH : problem;
  char *end = strrchr(text, ')'), state; /* the program's name, before it, can be anything */
  int parent, group, threads;
  unsigned long long start;
  static const char format[] = " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %llu";
  if (!end || sscanf(end + 1, format, &state, &parent, &group, &threads, &start) != 5) return ESRCH;
  *process = (struct process){.pid = atoi(text), .parent = parent, .group = group, .start = start};
  /* One whose first thread alone has ended looks like a zombie, and is none. */
  process->is_zombie = (state == 'Z' || state == 'X') && threads <= 1;
  return 0;
}

int read_process(pid_t pid, struct process *process) {
  char name[32];
  snprintf(name, sizeof name, "%d/stat", (int)pid);
  return read_stat(dirfd(table), name, process);
}

static int by_pid(const void *a, const void *b) {
  pid_t first = ((const struct process *)a)->pid, second = ((const struct process *)b)->pid;
  return (first > second) - (first < second);
}

/* All processes, by pid; 0, or why they can't be told. What another user hides from us is left out. The list is ours until the next call. */
int list_processes(struct process **list, int *count) {
  static struct process *all;
  static int room;
  struct dirent *entry;
  *count = 0;
  rewinddir(table);
  while (errno = 0, (entry = readdir(table))) {
    pid_t pid = atoi(entry->d_name);
    if (pid <= 0) continue;
    if (*count == room) {
      struct process *larger = realloc(all, (size_t)(room * 2 + 256) * sizeof *all);
      if (!larger) return ENOMEM;
      all = larger;
      room = room * 2 + 256;
    }
    int problem = read_process(pid, &all[*count]);
    if (problem == ESRCH || problem == EACCES || problem == EPERM) continue;
    if (problem) return problem;
    ++*count;
  }
  if (errno) return errno;
  if (*count > 1) qsort(all, (size_t)*count, sizeof *all, by_pid);
  *list = all;
  return 0;
}

/* A handle on this very process: what is read and signalled through it can't be another's of the same number. -1 and errno. */
static int hold(const struct process *process) {
  char name[32];
  snprintf(name, sizeof name, "%d", (int)process->pid);
  int directory = openat(dirfd(table), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return errno = errno == ENOENT ? ESRCH : errno, -1;
  struct process now;
  int problem = read_stat(directory, "stat", &now);
  if (!problem && now.start == process->start) return directory;
  close(directory);
  return errno = problem ? problem : ESRCH, -1;
}

/* The soft and the hard mark; 0 or why not. */
int read_marks(const struct process *process, uint64_t marks[2]) {
  char text[4096];
  marks[0] = marks[1] = 0;
  int directory = hold(process);
  if (directory < 0) return errno;
  int problem = read_file(directory, "limits", text, sizeof text);
  close(directory);
  static const char title[] = "\nMax file locks";
  char *at = problem ? NULL : strstr(text, title);
  if (!at) return problem;
  at += sizeof title - 1;
  for (int i = 0; i < 2; i++) {
    at += strspn(at, " ");
    if (*at >= '0' && *at <= '9') marks[i] = strtoull(at, NULL, 10);
    at += strcspn(at, " ");
  }
  return 0;
}

/* 0 or why not; ESRCH if it is gone. */
int signal_process(const struct process *process, int signal) {
  int directory = hold(process);
  if (directory < 0) return errno;
  int problem = syscall(SYS_pidfd_send_signal, directory, signal, NULL, 0) == 0 ? 0 : errno;
  close(directory);
  /* Before Linux 5.1, and in containers that don't know it: only what nobody but the first thread, which asks, can make another's number. */
  if ((problem == ENOSYS || problem == EPERM) && process->parent == getpid()) problem = kill(process->pid, signal) == 0 ? 0 : errno;
  return problem;
}

/*
 * Who asks to be traced (PTRACE_TRACEME, as what looks for debuggers does) is traced by his parent, and stops at each signal: that looks like an end to
 * whoever waits. Only the very thread that is his parent can let him go on, with the signal; SIGTRAP would be a tracer's, such as for an exec.
 */
void stop_tracing(pid_t pid, int signal) {
  if (ptrace(PTRACE_DETACH, pid, NULL, (long)(signal == SIGTRAP ? 0 : signal)) != 0) pause_us(1000);
}

#else /* macOS: compiled, never run */

void prepare_processes(void) {}

const char *boot_id(void) {
  static char text[64];
  size_t size = sizeof text;
  return sysctlbyname("kern.bootsessionuuid", text, &size, NULL, 0) == 0 && *text ? text : "-";
}

uint64_t ticks_at(int64_t at) { return (uint64_t)(wall_us() - boot_us() + at); }

static void translate(const struct kinfo_proc *from, struct process *to) {
  to->pid = from->kp_proc.p_pid;
  to->parent = from->kp_eproc.e_ppid;
  to->group = from->kp_eproc.e_pgid;
  to->start = (uint64_t)from->kp_proc.p_starttime.tv_sec * 1000000 + (uint64_t)from->kp_proc.p_starttime.tv_usec;
  to->is_zombie = from->kp_proc.p_stat == SZOMB;
}

int read_process(pid_t pid, struct process *process) {
  int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
  struct kinfo_proc info;
  size_t size = sizeof info;
  if (sysctl(name, 4, &info, &size, NULL, 0) != 0) return errno;
  if (size == 0) return ESRCH;
  translate(&info, process);
  return 0;
}

static int by_pid(const void *a, const void *b) {
  pid_t first = ((const struct process *)a)->pid, second = ((const struct process *)b)->pid;
  return (first > second) - (first < second);
}

int list_processes(struct process **list, int *count) {
  static struct process *all;
  int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_ALL, 0};
  size_t size = 0;
  if (sysctl(name, 4, NULL, &size, NULL, 0) != 0) return errno;
  size += size / 8;
  struct kinfo_proc *infos = malloc(size);
  if (!infos) return ENOMEM;
  int problem = sysctl(name, 4, infos, &size, NULL, 0) == 0 ? 0 : errno;
  size_t found = problem ? 0 : size / sizeof *infos;
  struct process *larger = realloc(all, (found + 1) * sizeof *all);
  if (larger) all = larger;
  else problem = ENOMEM;
  for (size_t i = 0; !problem && i < found; i++) translate(&infos[i], &all[i]);
  free(infos);
  if (!problem) qsort(all, found, sizeof *all, by_pid);
  *list = all;
  *count = problem ? 0 : (int)found;
  return problem;
}

int read_marks(const struct process *process, uint64_t marks[2]) {
  (void)process;
  marks[0] = marks[1] = 0;
  return 0;
}

int signal_process(const struct process *process, int signal) {
  struct process now;
  int problem = read_process(process->pid, &now);
  if (!problem && now.start != process->start) problem = ESRCH;
  return problem ? problem : kill(process->pid, signal) == 0 ? 0 : errno;
}

void stop_tracing(pid_t pid, int signal) { (void)pid, (void)signal; }

#endif
