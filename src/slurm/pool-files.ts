/**
 * The files of a pool of slots, `.air-executor/slurm/<token>/`, on the file system that login node and nodes share. All that anybody polls is made
 * before Slurm hears of it: on such file systems a new file may stay unseen for half a minute. One writer a file. Knows no task.
 *
 *     pool.json          what was asked of Slurm: written before (the intent) and after (the id)
 *     runner-linux-…     the runners, for nodes of any of these kinds
 *     in.N  ctl.N        what the engine says to slot N: a batch of commands; a word
 *     spool.N            what slot N says
 *     claim.N            made by slot N as it starts: a second one of that number refuses
 *     out.N              what Slurm or the slot has to say of a failure
 */

import { copyFileSync, fstatSync, readSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { openRegular, readRegularFile } from "../system/read/regular-file.js";
import { slotKind } from "./slot-kind.js";
import { clearTemporary, temporaryOf, writeTemporary } from "../system/write/temporary-file.js";
import { letGo } from "../system/look/let-go.js";

const submission = z.object({
  /** Number of its first slot. */
  base: z.int().nonnegative(),
  count: z.int().positive(),
  kind: slotKind,
  /** Of the array; null while nobody knows whether Slurm has it. */
  job: z.string().nullable(),
  /** Milliseconds since the epoch. */
  at: z.number(),
});

const pool = z.object({
  format: z.literal(1),
  token: z.string().regex(/^[0-9a-z]{6,20}$/),
  /** Of the jobs in Slurm: by it they are found again. */
  name: z.string(),
  /** Which engine in turn has the pool: the keys of tasks begin anew with each. */
  generation: z.int().nonnegative(),
  submissions: z.array(submission),
});

export type PoolRecord = z.infer<typeof pool>;

export interface BatchHead {
  /** One more than that of the batch before, which the slot must have taken. */
  readonly number: number;
  /** How many it starts. */
  readonly tasks: number;
  /** No attempt with a higher key was ever handed to the slot: so a later engine knows what one that died had not handed over yet. */
  readonly lastKey: number;
}

/** What the engine has to say to a slot beside batches. */
export type ControlWord = "run" | "close" | "fence";

const MOST_RECORD_BYTES = 4 * 1024 * 1024;
const MOST_BATCH_BYTES = 64 * 1024 * 1024;
const CHUNK = 256 * 1024;

export class PoolFiles {
  readonly dir: string;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #words = 0;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes the directory, with the runners in it. @param runners absolute paths. */
  make(runners: readonly string[]): void {
    ensurePrivateDirectory(this.dir);
    for (const path of runners) copyFileSync(path, join(this.dir, basename(path)));
  }

  /** @throws AirError if there is none, or none that makes sense. */
  readRecord(): PoolRecord {
    return pool.parse(JSON.parse(readRegularFile(join(this.dir, "pool.json"), { maxBytes: MOST_RECORD_BYTES }).toString("utf8")));
  }

  writeRecord(record: PoolRecord): void {
    this.#replace("pool.json", `${JSON.stringify(record)}\n`);
  }

  /** The files of new slots, before Slurm hears of them. */
  makeSlots(base: number, count: number): void {
    for (let slot = base; slot < base + count; slot += 1) {
      this.tell(slot, "run");
      this.hand(slot, { number: 0, tasks: 0, lastKey: 0 }, Buffer.alloc(0));
      this.#replace(`spool.${slot}`, "");
    }
  }

  /** A word of another number than before shows a slot that its engine is there. */
  tell(slot: number, word: ControlWord): void {
    this.#replace(`ctl.${slot}`, `${word} ${(this.#words += 1)}\n`);
  }

  hand(slot: number, { number, tasks, lastKey }: BatchHead, commands: Buffer): void {
    const head = Buffer.from(`batch ${number} ${tasks} ${commands.length} ${lastKey}\n`);
    this.#replace(`in.${slot}`, Buffer.concat([head, commands, Buffer.from(`end ${number}\n`)]));
  }

  /** Of the last batch that was handed to a slot, by whichever engine. */
  readHead(slot: number): BatchHead {
    const bytes = readRegularFile(join(this.dir, `in.${slot}`), { maxBytes: MOST_BATCH_BYTES });
    const [, number, tasks, lastKey] = /^batch (\d+) (\d+) \d+ (\d+)\n/.exec(bytes.toString("latin1", 0, 100)) ?? [];
    return { number: Number(number), tasks: Number(tasks), lastKey: Number(lastKey) };
  }

  /** What the slot's spool has behind `from`, opened anew, a piece at most; the bytes hold until the next call. */
  readSpool(slot: number, from: number): Buffer {
    const fd = openRegular(join(this.dir, `spool.${slot}`));
    try {
      if (fstatSync(fd).size <= from) return this.#chunk.subarray(0, 0);
      return this.#chunk.subarray(0, readSync(fd, this.#chunk, 0, CHUNK, from));
    } finally {
      letGo(fd);
    }
  }

  /** The end of what a slot that failed left; null if Slurm has not even begun it. */
  readOutput(slot: number): string | null {
    try {
      return readRegularFile(join(this.dir, `out.${slot}`), { maxBytes: MOST_RECORD_BYTES })
        .toString("utf8")
        .slice(-2000)
        .trim();
    } catch {
      return null;
    }
  }

  /** What a slot writes there at that moment may keep the directory: the next engine removes it. */
  remove(): void {
    try {
      rmSync(this.dir, { recursive: true, force: true });
    } catch {
      // No job's end depends on it.
    }
  }

  #replace(name: string, content: string | Buffer): void {
    const path = join(this.dir, name);
    const temporary = temporaryOf(path);
    clearTemporary(temporary);
    writeTemporary(temporary, content);
    renameSync(temporary, path);
  }
}
