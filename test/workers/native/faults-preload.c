/*
 * Loaded into the native runner by faults.test.ts: one call of the system fails, once or from then on. Its tasks don't inherit this.
 *
 *     FAULT=NAME,NTH,ERRNO,once|good     the NTH call of NAME, counted from 1 over all threads and children, fails with ERRNO
 *     FAULT_COUNTS=FILE                  how often each was called is kept there, as numbers in the order of the list
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS(ONE)                                                                                                                      \
  ONE(open) ONE(openat) ONE(read) ONE(pread) ONE(write) ONE(writev) ONE(close) ONE(fcntl) ONE(fstat) ONE(fstatat) ONE(linkat) ONE(unlinkat) \
  ONE(flock) ONE(poll) ONE(waitid) ONE(wait4) ONE(waitpid) ONE(kill) ONE(syscall) ONE(vfork) ONE(setpgid) ONE(dup2) ONE(chdir)            \
  ONE(execve) ONE(getrlimit) ONE(setrlimit) ONE(sigaction) ONE(sigprocmask) ONE(mmap) ONE(pipe) ONE(signalfd) ONE(prctl) ONE(setsid)      \
  ONE(getentropy) ONE(nanosleep) ONE(readdir) ONE(opendir) ONE(malloc) ONE(realloc) ONE(calloc) ONE(pthread_create)

#define NUMBER(name) NUMBER_##name,
#define NAME(name) #name,
enum { CALLS(NUMBER) COUNT };
static const char *const names[] = {CALLS(NAME)};

static _Atomic long own_counts[COUNT], *counts = own_counts;
static int fault = -1, fault_errno, is_for_good;
static long fault_at;

__attribute__((constructor)) static void prepare(void) {
  const char *plan = getenv("FAULT"), *file = getenv("FAULT_COUNTS");
  char name[32], times[8];
  if (plan && sscanf(plan, "%31[^,],%ld,%d,%7s", name, &fault_at, &fault_errno, times) == 4) {
    for (int i = 0; i < COUNT; i++)
      if (strcmp(name, names[i]) == 0) fault = i;
    is_for_good = times[0] == 'g';
  }
  int (*real_open)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
  void *(*real_mmap)(void *, size_t, int, int, int, off_t) = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
  int fd = file ? real_open(file, O_RDWR | O_CREAT, 0600) : -1;
  int is_file = fd >= 0 && ftruncate(fd, sizeof own_counts) == 0;
  void *shared = real_mmap(NULL, sizeof own_counts, PROT_READ | PROT_WRITE, MAP_SHARED | (is_file ? 0 : MAP_ANONYMOUS), is_file ? fd : -1, 0);
  unsetenv("FAULT");
  unsetenv("FAULT_COUNTS");
  unsetenv("LD_PRELOAD");
  if (shared != MAP_FAILED) counts = shared;
}

static int fails(int call) {
  long nth = atomic_fetch_add(&counts[call], 1) + 1;
  if (call != fault || (is_for_good ? nth < fault_at : nth != fault_at)) return 0;
  errno = fault_errno;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(result, failure, name, parameters, arguments) \
  result name parameters { return fails(NUMBER_##name) ? failure : REAL(name) arguments; }

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return fails(NUMBER_open) ? -1 : REAL(open)(path, flags, mode);
}
int openat(int directory, const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return fails(NUMBER_openat) ? -1 : REAL(openat)(directory, path, flags, mode);
}
int fcntl(int file, int command, ...) {
  va_list list;
  va_start(list, command);
  long value = va_arg(list, long);
  va_end(list);
  return fails(NUMBER_fcntl) ? -1 : REAL(fcntl)(file, command, value);
}
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long);
  va_end(list);
  return fails(NUMBER_syscall) ? -1 : REAL(syscall)(number, a, b, c, d);
}
int prctl(int option, ...) {
  va_list list;
  va_start(list, option);
  long value = va_arg(list, long);
  va_end(list);
  return fails(NUMBER_prctl) ? -1 : ((int (*)(int, ...))dlsym(RTLD_NEXT, "prctl"))(option, value, 0, 0, 0);
}
int signalfd(int file, const sigset_t *mask, int flags) {
  return fails(NUMBER_signalfd) ? -1 : ((int (*)(int, const sigset_t *, int))dlsym(RTLD_NEXT, "signalfd"))(file, mask, flags);
}
/* A function can't return from a vfork. The runner does not depend on sharing its memory. */
pid_t vfork(void) { return fails(NUMBER_vfork) ? -1 : fork(); }
int close(int file) {
  int is_failing = fails(NUMBER_close), result = REAL(close)(file);
  if (is_failing) errno = fault_errno;
  return is_failing ? -1 : result;
}
void *malloc(size_t bytes) {
  extern void *__libc_malloc(size_t);
  return fails(NUMBER_malloc) ? NULL : __libc_malloc(bytes);
}
void *realloc(void *memory, size_t bytes) {
  extern void *__libc_realloc(void *, size_t);
  return fails(NUMBER_realloc) ? NULL : __libc_realloc(memory, bytes);
}
void *calloc(size_t count, size_t bytes) {
  extern void *__libc_calloc(size_t, size_t);
  return fails(NUMBER_calloc) ? NULL : __libc_calloc(count, bytes);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  return fails(NUMBER_pthread_create) ? fault_errno : REAL(pthread_create)(thread, attributes, start, argument);
}
WRAP(ssize_t, -1, read, (int file, void *into, size_t bytes), (file, into, bytes))
WRAP(ssize_t, -1, pread, (int file, void *into, size_t bytes, off_t at), (file, into, bytes, at))
WRAP(ssize_t, -1, write, (int file, const void *from, size_t bytes), (file, from, bytes))
WRAP(ssize_t, -1, writev, (int file, const struct iovec *parts, int count), (file, parts, count))
WRAP(int, -1, fstat, (int file, struct stat *stat), (file, stat))
WRAP(int, -1, fstatat, (int directory, const char *path, struct stat *stat, int flags), (directory, path, stat, flags))
WRAP(int, -1, linkat, (int from, const char *old, int to, const char *new, int flags), (from, old, to, new, flags))
WRAP(int, -1, unlinkat, (int directory, const char *path, int flags), (directory, path, flags))
WRAP(int, -1, flock, (int file, int operation), (file, operation))
WRAP(int, -1, poll, (struct pollfd *files, nfds_t count, int timeout), (files, count, timeout))
WRAP(int, -1, waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options))
WRAP(pid_t, -1, wait4, (pid_t pid, int *status, int options, struct rusage *usage), (pid, status, options, usage))
WRAP(pid_t, -1, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
WRAP(int, -1, kill, (pid_t pid, int signal), (pid, signal))
WRAP(int, -1, setpgid, (pid_t pid, pid_t group), (pid, group))
WRAP(int, -1, dup2, (int from, int to), (from, to))
WRAP(int, -1, chdir, (const char *path), (path))
WRAP(int, -1, execve, (const char *file, char *const argv[], char *const env[]), (file, argv, env))
WRAP(int, -1, getrlimit, (__rlimit_resource_t resource, struct rlimit *limit), (resource, limit))
WRAP(int, -1, setrlimit, (__rlimit_resource_t resource, const struct rlimit *limit), (resource, limit))
WRAP(int, -1, sigaction, (int signal, const struct sigaction *new, struct sigaction *old), (signal, new, old))
WRAP(int, -1, sigprocmask, (int how, const sigset_t *new, sigset_t *old), (how, new, old))
WRAP(void *, MAP_FAILED, mmap, (void *at, size_t bytes, int protection, int flags, int file, off_t from), (at, bytes, protection, flags, file, from))
WRAP(int, -1, pipe, (int files[2]), (files))
WRAP(pid_t, -1, setsid, (void), ())
WRAP(int, -1, getentropy, (void *into, size_t bytes), (into, bytes))
WRAP(int, -1, nanosleep, (const struct timespec *time, struct timespec *rest), (time, rest))
WRAP(struct dirent *, NULL, readdir, (DIR *directory), (directory))
WRAP(DIR *, NULL, opendir, (const char *path), (path))
