/* What a runner can't begin without ends it, with a line that says why: nothing has been started by then. */
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Noreturn void die(const char *what) {
  dprintf(2, "air-executor-runner: %s: %s\n", what, strerror(errno));
  _exit(2);
}

void *need(void *memory) {
  if (memory == NULL) die("memory");
  return memory;
}
