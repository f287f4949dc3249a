/**
 * The pools of slots that lie in `.air-executor/slurm/`: makes one, and takes over one that an engine left that is gone, with its place in the
 * queue of the cluster and all that its slots have. One engine a pool, by a lock in it. Asks Slurm nothing.
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../domain/errors.js";
import { randomDigits } from "../domain/random-digits.js";
import { certain } from "../system/look/look.js";
import { takeLock, type Lock } from "../system/lock/lock.js";
import { listSubdirectories, lookAt } from "../system/look/path-look.js";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { PoolFiles, type PoolRecord } from "./pool-files.js";

export interface TakenPool {
  readonly files: PoolFiles;
  /** As it is on disk. */
  record: PoolRecord;
  readonly lock: Lock;
}

const FORMAT = 1;
const AGAIN_MS = 2_000;
/** A pool is made in a moment, also where the file system is slow. */
const UNMADE_MS = 600_000;
/** The others have their turn at the end of a later engine. */
const MOST_LEFTOVERS = 8;

/** What Slurm calls its slots. */
export const nameOfPool = (token: string): string => `air-executor-${token}`;

export class Pools {
  readonly #dir: string;
  readonly #runners: readonly string[];

  /** @param runners absolute paths of those to bring to the nodes. */
  constructor(dir: string, runners: readonly string[]) {
    this.#dir = dir;
    this.#runners = runners;
  }

  /**
   * Takes over the pool of that name. `held`: by an engine that lives. `gone`: there is no such directory.
   *
   * @throws if that can't be told now, or its record can't be read.
   */
  async takeOver(token: string): Promise<TakenPool | "held" | "gone"> {
    const files = new PoolFiles(join(this.#dir, token));
    const place = lookAt(files.dir);
    if (place.answer === "no") return "gone";
    certain(place);
    const lock = await this.#lock(files, token);
    if (lock === null) return "held";
    try {
      const found = files.readRecord();
      const record = { ...found, generation: found.generation + 1 };
      files.writeRecord(record);
      return { files, record, lock };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * Takes it over as soon as that can be done: what runs in its slots is not given up because somebody can't be asked now. Null if `isOver` by
   * then.
   */
  async waitFor(token: string, isOver: () => boolean, onNotice: (text: string) => void): Promise<TakenPool | "gone" | null> {
    for (let round = 0; !isOver(); round += 1) {
      const found = await this.takeOver(token).catch((error: unknown) => error as Error);
      if (found === "gone" || (found !== "held" && !(found instanceof Error))) return found;
      const why = found === "held" ? "another engine has them" : found.message;
      if (round === 0) onNotice(`slots of an earlier engine (${token}) can't be taken over yet: ${why}`);
      await pause(AGAIN_MS);
    }
    return null;
  }

  /** All that lie there; none if that can't be told now. */
  tokens(): readonly string[] {
    const names = listSubdirectories(this.#dir);
    return names.answer === "yes" ? names.found : [];
  }

  /** False if Slurm has none of its slots: it was never asked for any, or refused. What can't be read may have some. */
  mayHaveSlots(token: string): boolean {
    const files = new PoolFiles(join(this.#dir, token));
    if (lookAt(join(files.dir, "pool.json")).answer === "no") return false;
    try {
      return files.readRecord().submissions.length > 0;
    } catch {
      return true;
    }
  }

  /**
   * Takes over what engines that are gone have left: slots that nobody needs, in the queue or idle.
   *
   * @param isNeeded whether attempts may still have to be asked about there.
   */
  async takeLeftovers(isNeeded: (token: string) => boolean): Promise<TakenPool[]> {
    const tokens = this.tokens()
      .filter((token) => !isNeeded(token))
      .slice(0, MOST_LEFTOVERS);
    const taken: TakenPool[] = [];
    for (const token of tokens) {
      const record = lookAt(join(this.#dir, token, "pool.json"));
      if (record.answer === "no") this.#removeUnmade(token);
      const found = record.answer === "yes" ? await this.takeOver(token).catch(() => null) : null;
      if (found !== null && found !== "held" && found !== "gone") taken.push(found);
    }
    return taken;
  }

  /** One without a record is just being made, or its engine ended before it was: Slurm knows nothing of it. */
  #removeUnmade(token: string): void {
    const files = new PoolFiles(join(this.#dir, token));
    const place = lookAt(files.dir);
    if (place.answer === "yes" && Date.now() - place.found.mtimeMs > UNMADE_MS) files.remove();
  }

  /** Null if somebody else has it. */
  async #lock(files: PoolFiles, token: string): Promise<Lock | null> {
    try {
      return await takeLock(join(files.dir, "lock"), `pool ${token}`);
    } catch (error) {
      if (error instanceof AirError && error.code === "AIR_LOCKED") return null;
      throw error;
    }
  }

  async make(): Promise<TakenPool> {
    ensurePrivateDirectory(this.#dir);
    const token = `${Date.now().toString(36)}${randomDigits(4)}`;
    const files = new PoolFiles(join(this.#dir, token));
    files.make(this.#runners);
    const lock = await takeLock(join(files.dir, "lock"), `pool ${token}`);
    const record: PoolRecord = { format: FORMAT, token, name: nameOfPool(token), generation: 0, submissions: [] };
    files.writeRecord(record);
    return { files, record, lock };
  }
}
