/**
 * Puts a job into the directory for a manager to run, under the same rules as `AirExecutor.submit`: an unfinished run of the same tasks is
 * left to go on, an ended one is kept in `runs/`. Starts nothing, and needs no manager to be there yet.
 */

import { AirError } from "../domain/errors.js";
import type { JobSpec, JobStatus } from "../domain/job.js";
import { prepareBase } from "../store/directory/base-directory.js";
import { openRun } from "../store/directory/wanted-run.js";
import type { Picture } from "../store/picture/picture.js";
import { fitsItself } from "../store/text/demand-faults.js";
import { directoryFromHere, fromHere } from "../system/look/current-directory.js";

export interface DropOptions {
  /** The directory of jobs. Made if missing. */
  readonly dir: string;
  /** Working directory of tasks that name none. Default: the current one. */
  readonly cwd?: string;
  /** Told what a user should know and no error says. Default: nobody. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Resolves when it is on disk, where a manager finds it.
 *
 * @throws AirError `AIR_CONFLICT` if the unfinished run of that name has other tasks, `AIR_LOCKED` if it is running.
 */
export async function dropJob(name: string, spec: JobSpec, options: DropOptions): Promise<JobStatus> {
  const dir = directoryFromHere(options.dir);
  const onWarning = options.onWarning ?? (() => {});
  prepareBase(dir).forEach(onWarning);
  const { name: _own, tasks, ...said } = spec;
  const settings = { ...said, cwd: fromHere(options.cwd ?? ".") };
  const opened = await openRun(
    dir,
    { name, owner: "manager", tasks, settings },
    { nowMs: Date.now(), socket: null, fit: fitsItself, accept: requireManagers },
  );
  if (opened.warning !== null) onWarning(opened.warning);
  await opened.orGiveBack(() => opened.bringUpToDate());
  await opened.giveBack();
  return opened.picture.status();
}

function requireManagers({ name, owner }: Picture): void {
  if (owner === "manager") return;
  const message = `job "${name}" has an unfinished run that belongs to \`${owner}\`: finish it with that, or take another name.`;
  throw new AirError("AIR_CONFLICT", message);
}
