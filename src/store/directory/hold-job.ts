/** Keeps engines from a job, for those who change or remove its files without opening it. Reads nothing and changes nothing. */

import { closeSync } from "node:fs";
import { basename } from "node:path";
import type { JobPaths } from "../layout.js";
import { lockFile, takeLock } from "../../system/lock.js";

/**
 * Takes the job's lock and that of its journal, if it has one: whoever holds either holds the job.
 *
 * @throws AirError as `takeLock`.
 */
export async function holdJob(paths: JobPaths): Promise<{ release(): void }> {
  const what = `job "${basename(paths.dir)}"`;
  const lock = await takeLock(paths.lock, what);
  try {
    const journal = await lockFile(paths.journal, what);
    return {
      release: () => {
        if (journal !== null) closeSync(journal);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
