/**
 * A batch that a lane was given: where its record begins in the spool, and the recall file that keeps the rest of it from beginning. Made
 * by slot.ts. How recall and lane see each other is told in lane-script.ts.
 */

import { closeSync, fstatSync, rmSync } from "node:fs";

import { isEngineAlive } from "./engine-token.js";
import { openIfThere, recall, recallPath, SpoolReader } from "./spool.js";

/** A batch that takes longer was wrongly taken to be over soon. */
const SLOW_MS = 240;
/** If the disk refuses the recall file. */
const AGAIN_MS = 1_000;

export class LaneBatch {
  readonly #spool: string;
  /** Open all the time: what is recorded there must be found even if somebody removes the file. */
  readonly #fd: number;
  readonly #start: number;
  readonly #onSlow: () => void;
  #timer: NodeJS.Timeout;
  /** True if what has not begun of it was handed back, or will be. */
  isRecalled = false;

  /**
   * To be made while the lane is idle. `onSlow` is called when it is time for a recall, and again while that is not possible. Throws the
   * file system's error if the spool can't be opened: then nothing may be given to the lane.
   */
  constructor(spool: string, onSlow: () => void) {
    this.#spool = spool;
    this.#fd = openSpoolAgain(spool);
    this.#start = fstatSync(this.#fd).size;
    this.#onSlow = onSlow;
    this.#timer = setTimeout(onSlow, SLOW_MS);
  }

  /** True if from now on nothing of it begins that has not begun; false if that was so before, or is not possible. */
  recall(): boolean {
    if (this.isRecalled) return false;
    clearTimeout(this.#timer);
    try {
      recall(this.#spool);
    } catch {
      this.#timer = setTimeout(this.#onSlow, AGAIN_MS);
      return false;
    }
    this.isRecalled = true;
    return true;
  }

  /** What is recorded by now. */
  read(keys: Iterable<number>): SpoolReader {
    const reader = new SpoolReader(keys);
    reader.read(this.#fd, this.#start);
    return reader;
  }

  /** The lane is through with it, or gone. */
  end(): void {
    clearTimeout(this.#timer);
    closeSync(this.#fd);
    if (this.isRecalled) removeRecall(this.#spool);
  }
}

/** As long as it is there the lane begins nothing of a batch: so it is tried until it is gone. */
function removeRecall(spool: string): void {
  try {
    rmSync(recallPath(spool), { force: true });
  } catch {
    setTimeout(() => removeRecall(spool), AGAIN_MS).unref();
  }
}

function openSpoolAgain(spool: string): number {
  const fd = openIfThere(spool);
  if (fd === undefined) throw new Error(`${spool} is gone`);
  return fd;
}

/** What waits in the batch of a lane is ours to start if its engine is gone: true if nothing more of it begins. */
export function recallLeft(name: string, path: string): boolean {
  try {
    const life = isEngineAlive(name).answer;
    if (life === "yes" || life === "unknown") return false;
    recall(path);
    return true;
  } catch {
    // A full disk: then the lane goes on with its batch.
    return false;
  }
}
