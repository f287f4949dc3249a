/**
 * The one table of what a job file may say of its job as a whole, beside its name, its tasks and their `defaults`. What the job keeps of
 * it stands in state.json under the same keys, so its reader and writer use this table too. Who adds such a key adds its field to
 * `JobOptions`, a line to `WrittenJobOptions` and a row here. Reads and writes no file.
 */

import type { JobOptions } from "../../domain/job.js";
import { isEmpty } from "./describe.js";
import * as checks from "./value-checks.js";
import { checkPool, readAmounts, writeAmounts } from "./pool-amounts.js";
import { checkSlurmOption, readSlurmOptions, writeSlurmOptions, type WrittenSlurmOptions } from "./slurm-keys.js";
import { entries, single, type Shape } from "./value-shape.js";

/** In the words of the disk. */
export interface WrittenJobOptions {
  /** Added to the environment of every task. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many of its tasks may run at once. Default: as many as the engine runs. */
  readonly concurrency?: number;
  /** After so many failed tasks the rest is skipped. Default: no limit. */
  readonly max_failures?: number;
  /** How much there is of which only its tasks take, such as `{"licence": 3, "memory": "8GiB"}`. Default: nothing. */
  readonly pools?: Readonly<Record<string, number | string>>;
  /** Where what tasks write to stderr goes: into their logs, or into files beside them. Default: `merge`. */
  readonly stderr?: "merge" | "apart";
  /** What its run on a Slurm cluster asks for. */
  readonly slurm?: WrittenSlurmOptions;
}

type Key = keyof WrittenJobOptions;
type Nullable<Options> = { readonly [Each in keyof Options]?: Options[Each] | null | undefined };

interface Option<Meant> {
  readonly key: Key;
  readonly shape: Shape;
  /** What a job is that says nothing; it is not written down. */
  readonly fallback: Meant;
  /** Default: it is taken as it is written. */
  read?(this: void, written: unknown): Meant;
  /** Default: it is written as it is. */
  write?(this: void, meant: Meant): unknown;
  /** Default: if it is the very same. */
  isFallback?(this: void, meant: Meant): boolean;
}

/** By the field that it becomes: one is missing, and this does not compile. */
const table: { readonly [Field in keyof JobOptions]: Option<JobOptions[Field]> } = {
  env: {
    key: "env",
    shape: entries(checks.checkVariable, '{"MODE": "fast"}'),
    fallback: Object.freeze({}),
    read: (variables: Readonly<Record<string, string>>) => ({ ...variables }),
    isFallback: isEmpty,
  },
  concurrency: { key: "concurrency", shape: single(checks.checkLimit), fallback: null },
  pools: {
    key: "pools",
    shape: entries(checkPool, '{"licence": 3}'),
    fallback: Object.freeze({}),
    read: readAmounts,
    write: writeAmounts,
    isFallback: isEmpty,
  },
  stderr: { key: "stderr", shape: single(checks.checkStderr), fallback: "merge" },
  slurm: {
    key: "slurm",
    shape: entries(checkSlurmOption, '{"partition": "work", "slots": "1:200"}'),
    fallback: Object.freeze({}),
    read: readSlurmOptions,
    write: writeSlurmOptions,
    isFallback: isEmpty,
  },
  maxFailures: { key: "max_failures", shape: single(checks.checkLimit), fallback: null },
};

const rows = Object.entries(table) as [keyof JobOptions, Option<unknown>][];

/** The shape of each value, by its key. */
export const JOB_OPTION_SHAPES: ReadonlyMap<string, Shape> = new Map(rows.map(([, { key, shape }]) => [key, shape]));

/** What the entries of a file say, which must be right; null means the same as a missing key. */
export function toJobOptions(written: Nullable<WrittenJobOptions>): JobOptions {
  return Object.fromEntries(
    rows.map(([field, { key, fallback, read }]) => {
      const value = written[key] ?? null;
      return [field, value === null ? fallback : (read?.(value) ?? value)];
    }),
  ) as unknown as JobOptions;
}

/** What differs from its fallback, in the words of the disk. */
export function writtenJobOptions(options: JobOptions): WrittenJobOptions {
  const said = rows.filter(
    ([field, { fallback, isFallback }]) => options[field] !== fallback && isFallback?.(options[field]) !== true,
  );
  return Object.fromEntries(said.map(([field, { key, write }]) => [key, write?.(options[field]) ?? options[field]]));
}
