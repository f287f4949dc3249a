/**
 * Keeps V8's optimising compiler out of the first seconds of a run: its threads would take the processors from the tasks, for code that most
 * runs are through with before it is ready. A long run gets it later. For the command alone: a library's caller decides for himself.
 *
 * Not from the start: V8 throws away the compiled code that Node brings for its own modules if the flags are not those it was made with.
 */

/** By now all modules are loaded, also those of the threads; and what ends before is left alone. */
const OFF_AFTER_MS = 100;
/** So many tasks are read and planned for longer than that. */
const MANY = 1_000;
/** A job of more tasks than this is busy for long enough to gain by a compiler from the third second on, on two cores. */
const VERY_MANY = 10_000;
const ON_AFTER_MS = 2_000;
/** Others are through by then, or wait for their tasks most of the time. */
const ON_LATE_AFTER_MS = 6_000;

/** For a job of so many tasks, which has just been read. Never keeps the process from ending. */
export function compileLate(tasks: number): void {
  setTimeout(() => void setFlag("--no-opt"), tasks > MANY ? 0 : OFF_AFTER_MS).unref();
  setTimeout(() => void setFlag("--opt"), tasks > VERY_MANY ? ON_AFTER_MS : ON_LATE_AFTER_MS).unref();
}

async function setFlag(flag: string): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString(flag);
}
