/* What the threads share, under one lock, and how the first of them is woken. */
#include "runner.h"

#include <fcntl.h>
#include <unistd.h>

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t more = PTHREAD_COND_INITIALIZER;
struct task *queue, **queue_end = &queue;
struct slot *slots;
int slot_count, running, queued, width;
int64_t scarce_until;
bool is_over;
int woken;

static int waker;

void prepare_waking(void) {
  int ends[2];
  if (pipe(ends) != 0) die("pipe");
  for (int i = 0; i < 2; i++) {
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
  }
  woken = ends[0], waker = ends[1];
}

void wake_first_thread(void) {
  if (write(waker, "", 1) < 0) return; /* full: it is being woken */
}
