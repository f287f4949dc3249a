/**
 * Opens the jobs of a directory for an engine: a run that is wanted, or what lies there. What an earlier run left in flight under the
 * same name is ended before. Runs nothing else.
 */

import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ControlServer } from "../control/server.js";
import { enginesAt } from "../control/engines-at.js";
import { AirError } from "../domain/errors.js";
import type { JobOwner } from "../domain/job.js";
import { openDropped, pathsOfJob, type OpenContext } from "../store/directory/job-directory.js";
import { openFreshRun, openRun, type WantedRun } from "../store/directory/wanted-run.js";
import type { OpenedJob } from "../store/directory/opened-job.js";
import { readPicture } from "../store/journal/recovery.js";
import { controlDir, jobsDir } from "../store/layout.js";
import { isThere } from "../system/look/path-look.js";
import { checkJobName } from "../store/names.js";
import { invalidJob, locateData, placeFaults } from "../store/text/places.js";
import { fitsItself, type FitCheck } from "../store/text/demand-faults.js";
import { askToExplain } from "./changes/ask-holder.js";
import { clock } from "./clock.js";
import type { Engine } from "./engine.js";

/** How often we look whether somebody has finished writing. */
const UNSETTLED_MS = 100;
/** For whoever holds a job and does not run it: `prune`, or a verb that changes one that nobody runs, takes milliseconds. */
const BRIEF_MS = 1000;
const RETRY_MS = 25;

export class JobOpener {
  readonly #dir: string;
  readonly #engine: Engine;
  readonly #server: ControlServer;

  /** @param server from the first job on others can reach us at it */
  constructor(dir: string, engine: Engine, server: ControlServer) {
    this.#dir = dir;
    this.#engine = engine;
    this.#server = server;
  }

  /**
   * The unfinished run, if it is the one that is wanted, or a new one.
   *
   * @param isFresh a new one in any case.
   * @throws AirError `AIR_INVALID_JOB` if a task of it could never run here.
   */
  async openWanted(wanted: WantedRun, isFresh: boolean): Promise<OpenedJob> {
    const { name, tasks, settings } = wanted;
    const faults = await this.#engine.fit(tasks, settings.pools);
    if (faults.length > 0) throw invalidJob(`job "${name}"`, placeFaults(faults, locateData(tasks)));
    return this.#patiently(name, async () => {
      if (isFresh) await this.#endUnfinished(name);
      return (isFresh ? openFreshRun : openRun)(this.#dir, wanted, this.#context());
    });
  }

  async openNamed(name: string): Promise<OpenedJob> {
    requireName(name);
    const dir = join(jobsDir(this.#dir), name);
    if (!isThere(dir)) throw new AirError("AIR_NOT_FOUND", `there is no job "${name}" in ${this.#dir}`);
    return this.open(dir, "manager", fitsItself);
  }

  /**
   * Opens what is in the directory. A run that was superseded is ended first, and what was appended to an ended one is taken in. A manager
   * hears at once that somebody holds it: it tries again by itself.
   *
   * @param fit Default: what a dropped job takes must fit into this engine, which is to run it.
   */
  async open(dir: string, owner: JobOwner, fit = this.#engine.fit): Promise<OpenedJob> {
    const open = (): Promise<OpenedJob> => this.#openDropped(dir, owner, fit);
    return owner === "manager" ? open() : this.#patiently(basename(dir), open);
  }

  /** Waits for whoever holds the job only for a moment, and does not run it. */
  async #patiently(name: string, open: () => Promise<OpenedJob>): Promise<OpenedJob> {
    const deadline = performance.now() + BRIEF_MS;
    for (;;) {
      try {
        return await open();
      } catch (error) {
        const isHeld = error instanceof AirError && error.code === "AIR_LOCKED";
        if (!isHeld || performance.now() > deadline || (await this.#isRun(name))) throw error;
      }
      await pause(RETRY_MS);
    }
  }

  /** Who does not answer may be running it. */
  #isRun(name: string): Promise<boolean> {
    const answer = askToExplain(this.#dir, name).then(
      (live) => live !== null,
      () => true,
    );
    return Promise.race([answer, pause(BRIEF_MS, true, { ref: false })]);
  }

  async #openDropped(dir: string, owner: JobOwner, fit: FitCheck): Promise<OpenedJob> {
    for (;;) {
      const opened = await openDropped(dir, owner, { ...this.#context(), fit });
      if (opened.isSuperseded) {
        await (
          await this.#engine.begin(opened)
        ).finished;
      } else if (!opened.picture.isOver || (await opened.orGiveBack(() => opened.takeInGrowth(fit)))) {
        return opened;
      } else {
        await opened.giveBack();
        await pause(UNSETTLED_MS);
      }
    }
  }

  /** Before a run is put aside: what an earlier engine started of it must not run on beside the new run. */
  async #endUnfinished(name: string): Promise<void> {
    const paths = pathsOfJob(this.#dir, name);
    const found = readPicture(paths);
    if (found === null || found.picture.load().inFlight.length === 0) return;
    const opened = await this.open(paths.dir, "run", fitsItself);
    if (opened.picture.isOver) return opened.giveBack();
    const job = await this.#engine.begin(opened);
    job.cancel(null);
    await job.finished;
  }

  #context(): OpenContext {
    this.#engine.requireOpen();
    this.#server.listen();
    const others = (): number[] => enginesAt(controlDir(this.#dir)).filter((pid) => pid !== process.pid);
    const { fit, accept } = this.#engine;
    return { nowMs: clock.now(), socket: this.#server.name, others, fit, accept };
  }
}

/** @throws AirError `AIR_USAGE` for what can't be a job's name, not even a dropped one's. */
export function requireName(name: string): void {
  const problem = checkJobName(name, { dropped: true });
  if (problem !== null) throw new AirError("AIR_USAGE", problem);
}
