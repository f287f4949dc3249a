/**
 * Keeps V8's optimising compiler out of the first seconds of a run: its threads would take the processors from the tasks, for code that most
 * runs are through with before it is ready. A long run gets it later. Used by foreground.ts; a library's caller decides for himself.
 *
 * Not from the start: V8 throws away the compiled code that Node brings for its own modules if the flags are not those it was made with.
 */

/** By now all modules are loaded, also those of the threads; and what ends before is left alone. */
const OFF_AFTER_MS = 100;
/** So many tasks are read and planned for longer than that. */
const MANY = 1_000;
/** How long an unoptimised run costs less than compilers do, on two cores. */
const ON_AFTER_MS = 2_000;

/** For a job of so many tasks, which has just been read. Never keeps the process from ending. */
export function compileLate(tasks: number): void {
  setTimeout(() => void setFlag("--no-opt"), tasks > MANY ? 0 : OFF_AFTER_MS).unref();
  setTimeout(() => void setFlag("--opt"), ON_AFTER_MS).unref();
}

async function setFlag(flag: string): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString(flag);
}
