/**
 * Opens the jobs of a directory for an executor: a run that is wanted, or what lies there. What an earlier run left in flight under the
 * same name is ended before. Owned by AirExecutor; runs nothing else.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../domain/errors.js";
import type { JobOwner } from "../domain/job.js";
import { takeInGrowth } from "./ended-job.js";
import type { RunningJob } from "./running-job.js";
import { abandon, openDropped, openFreshRun, openRun, pathsOfJob } from "../store/directory/job-directory.js";
import type { OpenContext, OpenedJob, WantedRun } from "../store/directory/job-directory.js";
import { jobsDir } from "../store/layout.js";
import { checkJobName } from "../store/names.js";
import { readPicture } from "../store/journal/recovery.js";

/** What of the executor is needed here. */
export interface OpenerHost {
  readonly dir: string;
  /** Throws `AIR_CLOSED` if no job may be opened any more. */
  context(): OpenContext;
  begin(opened: OpenedJob): Promise<RunningJob>;
}

/** How often we look whether somebody has finished writing. */
const UNSETTLED_MS = 100;

export class JobOpener {
  readonly #host: OpenerHost;

  constructor(host: OpenerHost) {
    this.#host = host;
  }

  /** The unfinished run, if it is the one that is wanted, or a new one. @param isFresh a new one in any case. */
  async openWanted(wanted: WantedRun, isFresh: boolean): Promise<OpenedJob> {
    if (isFresh) await this.#endUnfinished(wanted.name);
    return (isFresh ? openFreshRun : openRun)(this.#host.dir, wanted, this.#host.context());
  }

  async openNamed(name: string): Promise<OpenedJob> {
    requireName(name);
    const dir = join(jobsDir(this.#host.dir), name);
    if (!existsSync(dir)) throw new AirError("AIR_NOT_FOUND", `there is no job "${name}" in ${this.#host.dir}`);
    return this.open(dir, "manager");
  }

  /** Opens what is in the directory. A run that was superseded is ended first, and what was appended to an ended one is taken in. */
  async open(dir: string, owner: JobOwner): Promise<OpenedJob> {
    for (;;) {
      const opened = await openDropped(dir, owner, this.#host.context());
      if (opened.isSuperseded === true) {
        const { job } = await this.#host.begin(opened);
        await job.finished();
      } else if (!opened.picture.isOver || (await takeInGrowth(opened))) {
        return opened;
      } else {
        await abandon(opened);
        await pause(UNSETTLED_MS);
      }
    }
  }

  /** Before a run is put aside: what an earlier engine started of it must not run on beside the new run. */
  async #endUnfinished(name: string): Promise<void> {
    const paths = pathsOfJob(this.#host.dir, name);
    const found = readPicture(paths);
    if (found === null || found.picture.load().inFlight.length === 0) return;
    const opened = await this.open(paths.dir, "run");
    if (opened.picture.isOver) return abandon(opened);
    const { job } = await this.#host.begin(opened);
    await job.cancel();
    await job.finished();
  }
}

/** @throws AirError `AIR_USAGE` for what can't be a job's name, not even a dropped one's. */
export function requireName(name: string): void {
  const problem = checkJobName(name, { dropped: true });
  if (problem !== null) throw new AirError("AIR_USAGE", problem);
}
