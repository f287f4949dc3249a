/* Signals to all that descends from a process, and the words of a slot that can't go on. */
#include "remote.h"

#ifdef __linux__

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Goes on while the machine sleeps: a lease does, too. */
int64_t now_ms(void) { return boot_us() / 1000; }

void fail(int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("slot: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  _exit(code);
}

struct process {
  pid_t pid, parent;
  int is_ours, is_over;
};

/*
 * Sends a signal to all that descends from `root` but to `spared`, and says how many that were; -1 if it can't be told. The watchdog and the runner are
 * subreapers: whom orphans come to.
 */
int signal_all(pid_t root, int number, const pid_t *spared, int spared_count) {
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

#endif
