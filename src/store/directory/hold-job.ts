/** Keeps engines from a job, for those who remove its files without opening it. Reads nothing and changes nothing. */

import { basename } from "node:path";
import type { JobPaths } from "../layout.js";
import { lockFile } from "../../system/lock/file-lock.js";
import { takeLockToRemove } from "../../system/lock/lock.js";
import { letGo } from "../../system/look/let-go.js";

export interface HeldJob {
  /** May be called again. */
  release(): void;
}

/**
 * Takes the job's lock and that of its journal, if it has one: whoever holds either holds the job.
 *
 * @throws AirError as `takeLockToRemove`.
 */
export async function holdJob(paths: JobPaths): Promise<HeldJob> {
  const what = `job "${basename(paths.dir)}"`;
  const lock = await takeLockToRemove(paths.lock, what);
  try {
    const journal = await lockFile(paths.journal, what);
    let isHeld = true;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        if (journal !== null) letGo(journal);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
