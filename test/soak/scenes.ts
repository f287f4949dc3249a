/** The crash tests that stand for a fault of their own: the soak plays each of them again and again. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Scene {
  readonly fault: string;
  /** Of the compiled test, in `test`. */
  readonly file: string;
  /** Which of its tests. Default: all. */
  readonly pattern?: string;
  /** How many rounds one of its runs has. */
  readonly rounds: number;
  readonly seen: string;
}

export const SCENES: readonly Scene[] = [
  {
    fault: "journal cut and bit-flipped at every byte",
    file: "store/journal/journal",
    pattern: "at any byte",
    rounds: 2,
    seen: "a cut end is cut off; a flipped bit is refused with its line",
  },
  { fault: "a tmpfs of 64 KB fills up", file: "crash/full-disk", rounds: 2, seen: "one message, then it goes on, or exit 3" },
  {
    fault: "logs/, lanes/ or the job's directory taken away",
    file: "crash/lost-places",
    rounds: 7,
    seen: "one message with the place, then it goes on, exit 3, or cancelled",
  },
  {
    fault: "64 file handles",
    file: "crash/scarce-machine",
    pattern: "without file handles",
    rounds: 1,
    seen: "nothing, or one message",
  },
  {
    fault: "30 processes",
    file: "crash/scarce-machine",
    pattern: "without processes",
    rounds: 1,
    seen: "nothing, or one message",
  },
  { fault: "SIGSTOP of engine, runner, task", file: "crash/frozen", pattern: "stopped", rounds: 4, seen: "nothing; it goes on" },
  { fault: "wall clock jumps by an hour", file: "crash/frozen", pattern: "wall clock", rounds: 2, seen: "nothing" },
  {
    fault: "two engines start one job at once",
    file: "crash/two-engines",
    pattern: "of two engines",
    rounds: 20,
    seen: "the second says who holds it, exit 3",
  },
  {
    fault: "the library's map killed with -9",
    file: "map/kill-sweep",
    rounds: 3,
    seen: "the same call goes on; what ran is adopted",
  },
  {
    fault: "air-executor map killed with -9",
    file: "cli/map/kill-sweep",
    rounds: 3,
    seen: "the same command goes on; what ran is adopted",
  },
  { fault: "five engines, five jobs", file: "crash/two-engines", pattern: "five engines", rounds: 1, seen: "nothing" },
  { fault: "two jobs of a killed engine, taken up in turn", file: "crash/shared-spool", rounds: 1, seen: "nothing; adopted" },
  {
    fault: "killed while batches wait, then cancelled or stopped",
    file: "crash/killed-batches",
    rounds: 2,
    seen: "what waited does not run",
  },
  { fault: "a reader parses both files during 5,000 tasks", file: "crash/readers", rounds: 1, seen: "whole files" },
  { fault: "a pid is used again", file: "crash/pid-reuse", rounds: 1, seen: "nothing; the stranger is left alone" },
  {
    fault: "stops: TERM ignored, grandchildren, stopped tasks",
    file: "crash/stopping",
    rounds: 3,
    seen: "all of the task is gone",
  },
];

/** No scene takes longer. */
const LIMIT_MS = 180_000;

/** What went wrong in one run of a scene, a line each; null if this machine can't play it. */
export async function playScene({ file, pattern }: Scene): Promise<string[] | null> {
  const path = fileURLToPath(new URL(`../${file}.test.js`, import.meta.url));
  const argv = ["--test", "--test-reporter=tap", ...(pattern === undefined ? [] : [`--test-name-pattern=${pattern}`]), path];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], timeout: LIMIT_MS, killSignal: "SIGTERM" });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) return [`exit ${code}\n${output}`];
  return /^# pass [1-9]/m.test(output) ? [] : null;
}
