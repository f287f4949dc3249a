/** Spools that were removed while their runners go on, where they can be read: lanes/, or all of the directory, was removed. */

import { removedFilesOf } from "../../system/lock/removed-files.js";
import { lookCloselyAt } from "../../system/look/path-look.js";
import { lanesDirectoryOf } from "../spool-name.js";
import { isEngineGone, spoolNames } from "./forget-spools.js";

/** What was changed more lately may have been changed again within the same tick of the file system's clock. */
const AT_REST_MS = 1000;

/** To be asked for every job: who has what open is looked at anew only where the directory of the spools has changed, as by each removal. */
export class RemovedSpools {
  readonly #lanes: string;
  #asItWas: string | null = null;
  #files: ReadonlyMap<string, string> = new Map();

  /** @param directory the executor's. */
  constructor(directory: string) {
    this.#lanes = lanesDirectoryOf(directory);
  }

  /**
   * Those of engines that are gone, by their names.
   *
   * @throws the system's error if that can't be told now.
   */
  find(): Map<string, string> {
    const asItIs = this.#look();
    if (asItIs === null || asItIs !== this.#asItWas) {
      this.#files = removedFilesOf(this.#lanes);
      this.#asItWas = asItIs;
    }
    const removed = new Map<string, string>();
    for (const [file, path] of this.#files)
      for (const name of spoolNames([file])) if (isEngineGone(name)) removed.set(name, path);
    return removed;
  }

  /** Null where it can't be told, or may change without a sign. */
  #look(): string | null {
    const look = lookCloselyAt(this.#lanes);
    if (look.answer !== "yes") return null;
    const { dev, ino, mtimeNs, mtimeMs } = look.found;
    return Math.abs(Date.now() - Number(mtimeMs)) < AT_REST_MS ? null : `${dev}:${ino}:${mtimeNs}`;
  }
}
