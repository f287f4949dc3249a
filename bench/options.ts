/** The command line of the bench. */

import { availableParallelism, tmpdir } from "node:os";
import { parseArgs } from "node:util";
import type { SlurmSizes } from "./scenarios/slurm.js";

export interface Options {
  /** Names of the scenarios to run, or beginnings of them; empty for all. */
  readonly only: readonly string[];
  /** Small sizes, whose numbers mean little. */
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Where results.json and RESULTS.md go; null: only to the terminal. */
  readonly out: string | null;
  /** A directory of job files of sleeps for the mixed scenarios; null for the generated ones. */
  readonly jobs: string | null;
  /** In it everything runs. */
  readonly work: string;
  readonly sizes: Sizes;
}

export interface Sizes {
  readonly cores: number;
  readonly fanOut: number;
  readonly chain: number;
  readonly drops: number;
  readonly floods: number;
  readonly endedJobs: number;
  readonly printers: number;
  readonly printedBytes: number;
  readonly slurm: SlurmSizes;
  readonly overhead: readonly number[];
  /** Layers of the generated mixed jobs are divided by it. */
  readonly mixedDivisor: number;
}

export const usage = `npm run bench -- [options]
  --quick        small sizes and two rounds, to see that everything works; the numbers mean little
  --full         also 1,000,000 tasks with the no-op runner
  --only NAME    only scenarios whose name begins so; may be given again
  --repeats N    rounds (5; with --quick 2)
  --jobs DIR     job files of sleeps for the mixed scenarios, in place of the generated ones
  --work DIR     where everything runs; its file system matters (the system's temporary directory)
  --out DIR      where results.json and RESULTS.md go (bench; nowhere with --quick or --only)`;

/** Throws an error with a sentence for what makes no sense. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      repeats: { type: "string" },
      jobs: { type: "string" },
      work: { type: "string", default: tmpdir() },
      out: { type: "string" },
    },
  });
  if (values.help) return "help";
  const rounds = Number(values.repeats ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--repeats ${values.repeats}: expected a whole number from 1`);
  const isWhole = !values.quick && values.only.length === 0;
  return {
    only: values.only,
    isQuick: values.quick,
    rounds,
    out: values.out ?? (isWhole ? "bench" : null),
    jobs: values.jobs ?? null,
    work: values.work,
    sizes: sizesOf(values.quick, values.full),
  };
}

function sizesOf(isQuick: boolean, isFull: boolean): Sizes {
  return {
    cores: availableParallelism(),
    fanOut: isQuick ? 500 : 5_000,
    chain: isQuick ? 200 : 2_000,
    drops: isQuick ? 20 : 100,
    floods: isQuick ? 200 : 2_000,
    endedJobs: isQuick ? 1_000 : 10_000,
    printers: isQuick ? 20 : 200,
    printedBytes: 5_000_000,
    slurm: isQuick ? { tasks: 500, links: 10, elements: 30 } : { tasks: 6_000, links: 40, elements: 300 },
    overhead: [1_000, 10_000, ...(isQuick ? [] : [100_000]), ...(isFull ? [1_000_000] : [])],
    mixedDivisor: isQuick ? 10 : 1,
  };
}
