/*
 * The engine's commands: fields of bytes, each ended by NUL. What they name is copied into one piece of memory a task or context.
 *
 * Lack of memory is waited for: a command is taken out of the buffer when it has been obeyed, and until then nothing more is read.
 */
#include "runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CONTEXTS = 1 << 20, MAX_FIELDS = 1 << 24 };
static const int64_t MAX_MS = 1000000000000; /* 31 years */

static char *input;
static size_t input_bytes, input_room, input_at;

/* ---- fields ---- */

/* True if it could be read to a number from 0 to `most`. */
static bool number(const char *text, int64_t most, int64_t *value) {
  *value = 0;
  if (!*text) return false;
  for (; *text >= '0' && *text <= '9'; text++) {
    *value = *value * 10 + (*text - '0');
    if (*value > most) return false;
  }
  return *text == 0;
}

/* Takes `count` fields; false if they are not all here yet. */
static bool fields(char **into, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    char *start = input + input_at, *end = memchr(start, 0, input_bytes - input_at);
    if (!end) return false;
    input_at = (size_t)(end - input) + 1;
    if (into) into[i] = start;
  }
  return true;
}

/* `count` pointers to the strings that stand one behind the other at `at`. */
static void split(char **into, char *at, int64_t count) {
  for (int64_t i = 0; i < count; i++, at += strlen(at) + 1) into[i] = at;
}

static char *behind(char *field) { return field + strlen(field) + 1; }

/* c ID CWD LOGDIR N NAME=VALUE... */
static enum verdict read_context(void) {
  char *head[4];
  size_t from = input_at;
  int64_t id, count, base_count = 0;
  if (!fields(head, 4)) return UNFINISHED;
  if (!number(head[0], MAX_CONTEXTS, &id) || !number(head[3], MAX_FIELDS, &count)) return NO_COMMAND;
  if (!fields(NULL, count)) return UNFINISHED;
  while (base_environment[base_count]) base_count++;
  size_t bytes = input_at - from, pointers = (size_t)(count + base_count + 1) * sizeof(char *);
  struct context *context = make_context_room(id) ? malloc(sizeof *context + pointers + bytes) : NULL;
  if (!context) return NO_MEMORY;
  char **env = (char **)(context + 1);
  char *copy = memcpy((char *)env + pointers, input + from, bytes);
  ptrdiff_t shift = copy - (input + from);
  *context = (struct context){.users = 1, .cwd = head[1] + shift, .log_directory = head[2] + shift, .env = env};
  split(env, behind(head[3] + shift), count);
  int64_t all = count;
  for (int64_t i = 0; i < base_count; i++)
    if (!is_set(env, (int)count, base_environment[i])) env[all++] = base_environment[i];
  env[all] = NULL;
  put_context(id, context);
  return OBEYED;
}

/* ---- tasks ---- */

/* r KEY ID CWD LOG ERRLOG STDIN LIMIT_MS GRACE_MS N NAME=VALUE... FILE M ARG0... */
static enum verdict read_task(void) {
  char *head[9], *tail[2];
  size_t from = input_at;
  int64_t key, id, limit, grace, env_count, arg_count;
  if (!fields(head, 9)) return UNFINISHED;
  if (!number(head[0], UINT32_MAX, &key) || !number(head[1], MAX_CONTEXTS, &id)) return NO_COMMAND;
  struct context *context = find_context(id);
  if (!context) return NO_COMMAND;
  if (!number(head[6], MAX_MS, &limit) || !number(head[7], MAX_MS, &grace) || !number(head[8], MAX_FIELDS, &env_count)) return NO_COMMAND;
  if (!fields(NULL, env_count) || !fields(tail, 2)) return UNFINISHED;
  if (!number(tail[1], MAX_FIELDS, &arg_count) || arg_count == 0) return NO_COMMAND;
  if (!fields(NULL, arg_count)) return UNFINISHED;
  size_t bytes = input_at - from, pointers = (size_t)(env_count + arg_count + 2) * sizeof(char *);
  struct task *task = malloc(sizeof *task + pointers + bytes);
  if (!task) return NO_MEMORY;
  char **env = (char **)(task + 1), **argv = env + env_count + 1;
  char *copy = memcpy((char *)env + pointers, input + from, bytes);
  ptrdiff_t shift = copy - (input + from);
  open_context(context);
  *task = (struct task){
      .context = context,
      .key = (uint32_t)key,
      .limit_us = limit * 1000,
      .grace_us = grace * 1000,
      .cwd = head[2] + shift,
      .log = head[3] + shift,
      .error_log = head[4] + shift,
      .input = head[5] + shift,
      .file = tail[0] + shift,
      .env = env,
      .argv = argv,
      .env_count = (int)env_count,
  };
  split(env, behind(head[8] + shift), env_count);
  split(argv, behind(tail[1] + shift), arg_count);
  argv[arg_count] = NULL;
  pthread_mutex_lock(&lock);
  context->users++;
  *queue_end = task;
  queue_end = &task->next;
  queued++;
  pthread_cond_signal(&more);
  pthread_mutex_unlock(&lock);
  return OBEYED;
}

/* Each that is in `chain` is told of. */
static void drop(struct task *chain) {
  while (chain) {
    struct task *task = chain;
    chain = task->next;
    tell('d', task->key, 0, NULL);
    pthread_mutex_lock(&lock);
    release_context(task->context);
    pthread_mutex_unlock(&lock);
    free(task);
    ring(false);
  }
}

/* Whatever has not begun; what waits for its `b` is dropped by its own thread. */
void drop_all(void) {
  pthread_mutex_lock(&lock);
  struct task *chain = queue;
  queue = NULL;
  queue_end = &queue;
  queued = 0;
  for (int i = 0; i < slot_count; i++) slots[i].is_dropped = true;
  pthread_mutex_unlock(&lock);
  drop(chain);
}

static void stop(uint32_t key, int64_t grace_us) {
  struct task *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct task **link = &queue; *link && !found; link = &(*link)->next) {
    if ((*link)->key != key) continue;
    found = *link;
    *link = found->next;
    if (!*link) queue_end = link;
    found->next = NULL;
    queued--;
    break;
  }
  pthread_mutex_unlock(&lock);
  if (found) drop(found);
  else stop_task(key, grace_us);
}

/* What runs is left alone. */
static void set_width(int64_t count) {
  pthread_mutex_lock(&lock);
  width = count < 1 ? 1 : (int)count;
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&lock);
}

/* ---- the stream ---- */

static enum verdict obey_one(void) {
  char *type, *head[2];
  int64_t first, second;
  if (!fields(&type, 1)) return UNFINISHED;
  if (!*type || type[1]) return NO_COMMAND;
  switch (*type) {
    case 'c': return read_context();
    case 'r': return read_task();
    case 'q': return drop_all(), OBEYED;
    case 'x':
      if (!fields(head, 1)) return UNFINISHED;
      if (!number(head[0], MAX_CONTEXTS, &first)) return NO_COMMAND;
      return forget_context(first), OBEYED;
    case 's':
      if (!fields(head, 2)) return UNFINISHED;
      if (!number(head[0], UINT32_MAX, &first) || !number(head[1], MAX_MS, &second)) return NO_COMMAND;
      return stop((uint32_t)first, second * 1000), OBEYED;
    case 'n':
      if (!fields(head, 1)) return UNFINISHED;
      if (!number(head[0], MAX_SLOTS, &first)) return NO_COMMAND;
      return set_width(first), OBEYED;
    default: return NO_COMMAND;
  }
}

/* Obeys what has been read. NO_MEMORY: call again, before more is read. */
enum verdict obey(void) {
  enum verdict verdict;
  size_t done = 0;
  while ((verdict = obey_one()) == OBEYED) done = input_at;
  input_at = 0;
  memmove(input, input + done, input_bytes -= done);
  return verdict;
}

/* False at the end of the input. */
bool read_input(void) {
  enum { LEAST = 65536 };
  if (input_room - input_bytes < LEAST) {
    char *larger = realloc(input, input_room * 2 + LEAST);
    if (larger) input = larger, input_room = input_room * 2 + LEAST;
    else if (input_room == input_bytes) return pause_us(AGAIN_US), true;
  }
  ssize_t count = read(0, input + input_bytes, input_room - input_bytes);
  if (count > 0) input_bytes += (size_t)count;
  if (count >= 0) return count > 0;
  if (errno != EINTR && errno != EAGAIN && errno != ENOMEM) return false;
  pause_us(1000);
  return true;
}
