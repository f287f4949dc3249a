/*
 * Logs that are made when they are needed. Making a file costs 25 to 80 µs, a tenth of a short task, and most short tasks say nothing.
 *
 * So a task writes to a file that has no name yet (O_TMPFILE). It gets its name when the task has run for EARLY_US, or has ended and
 * something is in it. If nothing is, and nobody else has it open, the next task of the slot gets it, unless handles are short just now.
 *
 * That nobody else has it open is proved, not concluded from who lives: each task gets a description of its own (opened through /proc, so
 * not even its flags are shared), and the kernel grants a write lease on our own only while no other is open in the whole system: not in
 * a daemon that the task left, not in a process that it was sent to, not on its way there. Where there are no leases the file is not used again.
 *
 * The price: a runner that is killed takes along what tasks said in their first EARLY_US (what became of those is unknown then anyway).
 * Where the file system has no O_TMPFILE (NFS, macOS) each task's log is made at once, and stays there empty.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

enum { LOG_FLAGS = O_WRONLY | O_APPEND | O_CLOEXEC };

/* Our own descriptors by name. Open, since the way to them is longer for each new process. -1: a log is made for each task. */
static int handles = -1;

void prepare_logs(void) {
#ifdef O_TMPFILE
  /* A program that its user may not read is not to be looked into, not even by its children. */
  if (prctl(PR_GET_DUMPABLE) == 1) handles = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
#endif
}

static void name_of(char name[16], int file) { snprintf(name, 16, "%d", file); }

void forget_log(struct log *log) {
  if (log->file >= 0) close(log->file);
  log->file = -1;
}

/* ENOENT if it was removed or moved away since it was opened: what gets its name there would be looked for in vain. 0 if it is in its place. */
static int look_at_directory(const struct context *context) {
  struct stat own, there;
  if (fstat(context->directory, &own) != 0 || stat(context->log_directory, &there) != 0) return errno;
  return own.st_ino == there.st_ino && own.st_dev == there.st_dev ? 0 : ENOENT;
}

/* Makes ready what the child opens; 0 or why that can't be. `name` is in the context's directory of logs, and must not be there. */
int prepare_log(struct log *log, struct context *context, const char *name) {
  if (context->directory < 0) return context->directory_error;
  if (*name == 0 || strchr(name, '/')) return EINVAL;
  int problem = look_at_directory(context);
  if (problem) return forget_log(log), problem;
#ifdef O_TMPFILE
  struct stat stat;
  if (fstatat(context->directory, name, &stat, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  if (errno != ENOENT) return errno;
  if (log->file >= 0 && log->serial != context->serial) forget_log(log);
  if (log->file >= 0 || handles < 0) return 0;
  log->serial = context->serial;
  log->is_placed = false;
  log->file = openat(context->directory, ".", LOG_FLAGS | O_TMPFILE, 0600);
  /* No such files here? Lack of handles or of room is the same for both kinds. */
  if (log->file < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) return errno;
#endif
  return 0;
}

/*
 * In the child, so that nobody but the task ever has this description: other slots' children copy what we have open, not what it has.
 * Returns what to write to, or -1 and errno.
 */
int open_log_in_child(const struct log *log, const struct context *context, const char *name) {
  char own_name[16];
  if (log->file < 0) return openat(context->directory, name, LOG_FLAGS | O_NOFOLLOW | O_CREAT | O_EXCL, 0600);
  name_of(own_name, log->file);
  return openat(handles, own_name, LOG_FLAGS);
}

/* In the child that made it, when the task can't run. */
void unmake_log_in_child(const struct log *log, const struct context *context, const char *name) {
  if (log->file < 0) unlinkat(context->directory, name, 0);
}

/* Gives the log its name; 0 or why not. */
int place_log(struct log *log, struct context *context, const char *name) {
  if (log->file < 0 || log->is_placed) return 0;
  char own_name[16];
  name_of(own_name, log->file);
  if (linkat(handles, own_name, context->directory, name, AT_SYMLINK_FOLLOW) != 0) return errno;
  log->is_placed = true;
  return 0;
}

static bool is_only_ours(int file) {
#ifdef F_SETLEASE
  return fcntl(file, F_SETLEASE, F_WRLCK) == 0 && fcntl(file, F_SETLEASE, F_UNLCK) == 0;
#else
  return (void)file, false;
#endif
}

/* The name goes again if it is still that of our file. */
static void remove_name(struct context *context, const char *name, const struct stat *own) {
  struct stat there;
  if (fstatat(context->directory, name, &there, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (there.st_ino == own->st_ino && there.st_dev == own->st_dev) unlinkat(context->directory, name, 0);
}

/* The task is over: its log goes to its place if something is in it, or may come; 0 or why not. A full disk is waited for. */
int leave_log(struct log *log, struct context *context, const char *name) {
  if (log->file < 0) return 0;
  struct stat stat;
  bool is_empty = fstat(log->file, &stat) == 0 && stat.st_size == 0;
  if (is_empty && is_only_ours(log->file)) {
    if (!log->is_placed) return 0; /* for the next task */
    remove_name(context, name, &stat);
    forget_log(log);
    return 0;
  }
  int problem;
  while ((problem = place_log(log, context, name)) == ENOSPC || problem == EDQUOT || problem == ENOMEM) pause_us(AGAIN_US);
  forget_log(log);
  return is_empty ? 0 : problem;
}
