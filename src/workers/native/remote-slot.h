/* The slot of a cluster: see remote-slot.c. Linux alone. */
#ifndef AIR_EXECUTOR_REMOTE_SLOT_H
#define AIR_EXECUTOR_REMOTE_SLOT_H

/* `words` are what stands behind `--slot`. Gives the exit code. */
int slot_main(int count, char **words);

#endif
