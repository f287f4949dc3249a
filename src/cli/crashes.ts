/** What becomes of an error that nobody caught: a fault of ours, told with its stack, and never to be taken for a job that failed. */

import { exitCode } from "./exit-codes.js";

type Meet = (error: unknown) => void;

let meet: Meet = (error) => {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`air-executor: a fault of its own, not of your job; what ran is taken up by the next start:\n${told}\n`);
  process.exit(exitCode.crash);
};

/** To be called once. */
export function catchCrashes(): void {
  process.on("uncaughtException", (error) => meet(error));
}

/** For a process that others depend on: it says so and goes on. Gives a function that ends this. */
export function surviveCrashes(tell: Meet): () => void {
  const before = meet;
  meet = tell;
  return () => (meet = before);
}
