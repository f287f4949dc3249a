/**
 * What was asked of Slurm for one pool, on disk before it is asked: so a submission whose answer is lost is found again, by its name. Asks
 * nothing itself.
 */

import type { PoolRecord } from "./pool-files.js";
import type { TakenPool } from "./pools.js";
import type { SlotKind } from "./slot-kind.js";

export type Submission = PoolRecord["submissions"][number];

export class Submissions {
  readonly #taken: TakenPool;

  constructor(taken: TakenPool) {
    this.#taken = taken;
  }

  get all(): readonly Submission[] {
    return this.#taken.record.submissions;
  }

  /** Writes down that so many slots are about to be asked for, and makes their files. Throws if the disk refuses that: then nothing may be asked for. */
  intend(kind: SlotKind, count: number): Submission {
    const base = this.all.reduce((next, each) => Math.max(next, each.base + each.count), 0);
    this.#taken.files.makeSlots(base, count);
    const asked: Submission = { base, count, kind, job: null, at: Date.now() };
    const record = { ...this.#taken.record, submissions: [...this.all, asked] };
    this.#taken.files.writeRecord(record);
    this.#taken.record = record;
    return asked;
  }

  accepted({ base }: Submission, job: string): void {
    this.#write(this.all.map((each) => (each.base === base ? { ...each, job } : each)));
  }

  refused({ base }: Submission): void {
    this.#write(this.all.filter((each) => each.base !== base));
  }

  /** Number of the first slot of an array. One that nobody knows, under our name, is a submission whose answer was lost. */
  baseOf(job: string): number | undefined {
    const known = this.all.find((each) => each.job === job);
    if (known !== undefined) return known.base;
    const unclear = this.all.find((each) => each.job === null);
    if (unclear !== undefined) this.accepted(unclear, job);
    return unclear?.base;
  }

  /** What Slurm calls a slot; null if it is not known. @param said what the slot says of its array: it may be faster than the answer of sbatch. */
  idOf(number: number, said: string | null): string | null {
    const found = this.all.find(({ base, count }) => number >= base && number < base + count);
    const job = found?.job ?? said;
    return found === undefined || job === null ? null : `${job}_${number - found.base}`;
  }

  /** Without it a later engine takes the answer for lost, and finds out by the name: a disk that takes nothing now keeps nothing up. */
  #write(submissions: readonly Submission[]): void {
    this.#taken.record = { ...this.#taken.record, submissions: [...submissions] };
    try {
      this.#taken.files.writeRecord(this.#taken.record);
    } catch {
      // The next submission writes all of it.
    }
  }
}
