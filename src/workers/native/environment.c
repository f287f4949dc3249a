/*
 * What tasks inherit: the environment of the engine, byte for byte.
 *
 * We get it through Node, which takes it for UTF-8 and writes U+FFFD where it is not. What that spoiled is taken from the environment that
 * our parent was started with. Names may be odd or empty, and an entry may have no "=": they are bytes to hand on.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
char **base_environment;

/* True if one of `list` is of the same name. */
bool is_set(char *const *list, int count, const char *variable) {
  const char *end = strchr(variable, '=');
  size_t length = end ? (size_t)(end - variable) + 1 : strlen(variable) + 1;
  for (int i = 0; i < count; i++)
    if (strncmp(list[i], variable, length) == 0) return true;
  return false;
}

/* All of a file whose size is not known before; ended by NUL. NULL if it can't be read. */
static char *read_whole(const char *path, size_t *bytes) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  char *text = NULL;
  size_t room = 0;
  ssize_t count = file < 0 ? -1 : 1;
  for (*bytes = 0; count > 0; *bytes += (size_t)(count > 0 ? count : 0)) {
    if (room - *bytes < 2) text = need(realloc(text, room = room * 2 + 65536));
    count = read(file, text + *bytes, room - *bytes - 1);
  }
  if (file >= 0) close(file);
  if (count == 0) return text[*bytes] = 0, text;
  free(text);
  return NULL;
}

/* Whether two are the same but for what is not ASCII. */
static bool is_alike(const char *a, const char *b) {
  for (;; a++, b++) {
    while (*a & 0x80) a++;
    while (*b & 0x80) b++;
    if (*a != *b) return false;
    if (*a == 0) return true;
  }
}

void read_base_environment(void) {
  char path[64], *raw = NULL;
  size_t bytes = 0;
  base_environment = environ;
  for (char **variable = environ; *variable; variable++) {
    if (!strstr(*variable, "\xef\xbf\xbd")) continue;
    if (!raw) {
      snprintf(path, sizeof path, "/proc/%d/environ", (int)getppid());
      if (!(raw = read_whole(path, &bytes))) return;
    }
    for (char *at = raw; at < raw + bytes; at += strlen(at) + 1)
      if (is_alike(at, *variable)) *variable = at;
  }
}
