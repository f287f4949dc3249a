/*
 * What the tasks of a job have in common, by the number that the engine gave it. The table is the first thread's; who still uses a context
 * is under the lock.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct context **contexts;
static int64_t context_room;
static long serial;

void release_context(struct context *context) {
  if (--context->users > 0) return;
  if (context->directory >= 0) close(context->directory);
  free(context);
}

/* Those of which no task is here give back their handle where handles are short; it is opened again when there is a task. */
static void close_idle(void) {
  pthread_mutex_lock(&lock);
  for (int64_t id = 0; id < context_room; id++) {
    struct context *context = contexts[id];
    if (!context || context->users > 1 || context->directory < 0) continue;
    close(context->directory);
    context->directory = -1;
  }
  pthread_mutex_unlock(&lock);
}

static void open_logs(struct context *context) {
  context->directory = open(context->log_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (context->directory < 0 && (errno == EMFILE || errno == ENFILE)) {
    close_idle();
    context->directory = open(context->log_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  context->directory_error = errno;
}

void forget_context(int64_t id) {
  if (id >= context_room || !contexts[id]) return;
  pthread_mutex_lock(&lock);
  release_context(contexts[id]);
  pthread_mutex_unlock(&lock);
  contexts[id] = NULL;
}

bool make_context_room(int64_t id) {
  if (id < context_room) return true;
  struct context **larger = realloc(contexts, (size_t)(id + 16) * sizeof *contexts);
  if (!larger) return false;
  contexts = larger;
  while (context_room < id + 16) contexts[context_room++] = NULL;
  return true;
}

/* NULL if there is none. */
struct context *find_context(int64_t id) { return id < context_room ? contexts[id] : NULL; }

/* There is room for it. Whatever had its number has tasks at most. */
void put_context(int64_t id, struct context *context) {
  context->serial = ++serial;
  open_logs(context);
  forget_context(id);
  contexts[id] = context;
}

/* Has its directory open, if that can be done. */
void open_context(struct context *context) {
  if (are_files_few()) close_idle();
  if (context->directory < 0) open_logs(context);
}
