/**
 * What a lane is told to run, and what it answers. Pure; used by lane.ts and slot.ts. The lines of the spool are described in spool.ts.
 *
 * One attempt at a time: the lane answers `<key> <exit status>`. A batch: it runs one attempt after another and records each in the
 * spool, and answers only when all are through, with the last one's key and `BATCH_IS_OVER`. So a batch costs us one message there and
 * one back. If the recall file appears, no further attempt of the batch begins: the lane records that one has begun, and then looks
 * whether it was recalled; we recall, and then look what has begun; so one of the two sees the other.
 */

import { quote } from "./command-line.js";
import { STATUS_VARIABLE, UNTOLD_VARIABLE } from "./lane-environment.js";

/** Answered for an attempt that was not begun, since the spool could not be written. */
export const NOT_RECORDED = 901;
/** Answered when a batch is through: its exit statuses are in the spool, but for those that the spool did not take. */
export const BATCH_IS_OVER = 902;

export interface LaneLine {
  readonly key: number;
  /** From `taskCommand`. */
  readonly command: string;
}

/**
 * A handler for the signals and not "ignore", since ignored signals are inherited by tasks. noclobber: a log is a new file, so nothing
 * is written through a planted link. `flock` leaves the lock with the open file, that is with us.
 *
 * `b` begins an attempt of a batch unless it is recalled. `r` records its end; ends that the spool does not take are answered one by one.
 */
export function laneScript(recallPath: string): string {
  return `trap : TERM INT HUP QUIT USR1 USR2 ALRM;set -C
command -v flock >/dev/null&&flock -n -x 3
b(){ echo "b $1"&&[ ! -e ${quote(recallPath)} ]&&return;echo "s $1";return 1; }
r(){ echo "e $1 $2"||${UNTOLD_VARIABLE}="$${UNTOLD_VARIABLE}$1 $2
"; }
`;
}

export function singleText({ key, command }: LaneLine): string {
  const s = STATUS_VARIABLE;
  return `${s}=${NOT_RECORDED};{ echo b ${key}&&{ ${command};${s}=$?;echo e ${key} $${s};};} ${AROUND};echo ${key} $${s}\n`;
}

export function batchText(lines: readonly LaneLine[]): string {
  let text = `${UNTOLD_VARIABLE}=;{\n`;
  for (const { key, command } of lines) text += `b ${key}&&{ ${command};r ${key} $?;}\n`;
  return `${text}} ${AROUND};printf %s "$${UNTOLD_VARIABLE}";echo ${lines.at(-1)?.key} ${BATCH_IS_OVER}\n`;
}

/**
 * Around all that is run at once, which takes the shell half as many system calls as around each command. Inside, the spool is stdout; a
 * command has its log there instead, and the shell keeps what it put aside from its subprocesses.
 */
const AROUND = "</dev/null >&3 3>&-";
