/*
 * The spool and the bell: what this runner did, one line a record, appended.
 *
 * A record that must be on disk before something else happens (`b`, before its process is made) goes by `append_now`, which says whether
 * it is. All others go by `append`, which never waits for the disk: what a full one does not take is kept here, in order, and tried again.
 * So limits and stops go on where nothing can be written.
 *
 * A write that fails or comes short leaves half a line. The next one begins with "?" and a newline: what precedes it can't be mistaken for
 * a record (a torn "d 12" would be "d 1"), and the record is written again as a whole.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t spool_lock = PTHREAD_MUTEX_INITIALIZER;
static int spool;
static _Atomic bool is_torn; /* the last write was refused, or came short */
static bool has_said, is_too_large;
static char *waiting; /* what is to be written, oldest first */
static size_t waiting_bytes, waiting_room;

static _Atomic int64_t rung_at;
static _Atomic bool is_bell_due;

void open_spool(const char *path) {
  spool = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (spool < 0 || flock(spool, LOCK_EX | LOCK_NB) != 0) die(path);
  struct stat stat;
  if (fstat(spool, &stat) != 0) die(path);
  errno = EEXIST;
  if (!S_ISREG(stat.st_mode) || stat.st_size != 0 || stat.st_uid != geteuid()) die(path);
  int flags = fcntl(1, F_GETFL);
  if (flags >= 0) fcntl(1, F_SETFL, flags | O_NONBLOCK);
}

/* A child that hangs before its exec (a FIFO, a dead file system) must not hold the lock for a runner that is gone. */
void close_spool_in_child(void) { close(spool); }

static char *put(char *at, int64_t value) {
  char digits[24];
  int count = 0;
  if (value < 0) value = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  *at++ = ' ';
  while (count) *at++ = digits[--count];
  return at;
}

/* Makes a line of at most 128 bytes; returns how long it is. */
size_t record(char *into, char type, uint32_t key, char kind, int count, const int64_t *values) {
  char *at = into;
  *at++ = type;
  if (type != 'q') at = put(at, key);
  if (kind) *at++ = ' ', *at++ = kind;
  for (int i = 0; i < count; i++) at = put(at, values[i]);
  *at++ = '\n';
  return (size_t)(at - into);
}

/* Nobody may be listening, or the pipe be full of bells. What the last one says is what is so, also if that changes in another thread meanwhile. */
static void toll(void) {
  bool was_torn;
  do {
    was_torn = is_torn;
    if (write(1, was_torn ? "?" : "!", 1) < 0) return;
  } while (is_torn != was_torn);
}

/* How many bytes of `text` are in the spool now. With the lock of the spool. */
static size_t write_text(const char *text, size_t bytes) {
  struct iovec parts[2] = {{"?\n", 2}, {(char *)text, bytes}};
  bool was_torn = is_torn;
  size_t behind = was_torn ? 2 : 0;
  ssize_t count = was_torn ? writev(spool, parts, 2) : write(spool, text, bytes);
  size_t written = count > (ssize_t)behind ? (size_t)count - behind : 0;
  is_torn = written < bytes;
  is_too_large = count < 0 && errno == EFBIG;
  has_said |= !is_torn;
  if (is_torn != was_torn) toll();
  return written;
}

static bool write_waiting(void) {
  if (waiting_bytes == 0) return true;
  size_t whole = write_text(waiting, waiting_bytes);
  if (whole < waiting_bytes)
    while (whole && waiting[whole - 1] != '\n') whole--;
  memmove(waiting, waiting + whole, waiting_bytes -= whole);
  return waiting_bytes == 0;
}

bool flush_spool(void) {
  pthread_mutex_lock(&spool_lock);
  bool is_done = write_waiting();
  pthread_mutex_unlock(&spool_lock);
  return is_done;
}

/* Of a spool that has nothing in it nothing has begun, and one that may not grow never takes the rest. By the first thread, at the end. */
bool is_spool_worth_waiting(void) { return has_said && !is_too_large; }

/* True if it is in the spool, behind all that was told before. If not it has not been told, but may stand there. */
bool append_now(const char *text, size_t bytes) {
  pthread_mutex_lock(&spool_lock);
  bool is_done = write_waiting() && write_text(text, bytes) == bytes;
  pthread_mutex_unlock(&spool_lock);
  return is_done;
}

/* Whole records, in order, as soon as the disk takes them. */
void append(const char *text, size_t bytes) {
  if (bytes == 0) return;
  pthread_mutex_lock(&spool_lock);
  if (!write_waiting() || write_text(text, bytes) < bytes) {
    while (waiting_room - waiting_bytes < bytes) {
      char *larger = realloc(waiting, waiting_room * 2 + 4096);
      if (larger) waiting = larger, waiting_room = waiting_room * 2 + 4096;
      else pause_us(AGAIN_US);
    }
    memcpy(waiting + waiting_bytes, text, bytes);
    waiting_bytes += bytes;
    wake_first_thread();
  }
  pthread_mutex_unlock(&spool_lock);
}

void tell(char type, uint32_t key, int count, const int64_t *values) {
  char text[128];
  append(text, record(text, type, key, 0, count, values));
}

/* One bell is enough for all records since the last. Urgent: nothing more comes soon, or somebody waits for this one. */
void ring(bool is_urgent) {
  int64_t at = boot_us();
  if (is_urgent || at - atomic_load(&rung_at) >= BELL_US) {
    atomic_store(&rung_at, at);
    atomic_store(&is_bell_due, false);
    toll();
  } else if (!atomic_exchange(&is_bell_due, true)) wake_first_thread();
}

/* By the first thread. When it is due; 0 if it is not. */
int64_t ring_if_due(int64_t at) {
  if (!atomic_load(&is_bell_due)) return 0;
  int64_t due = atomic_load(&rung_at) + BELL_US;
  if (due > at) return due;
  ring(true);
  return 0;
}
