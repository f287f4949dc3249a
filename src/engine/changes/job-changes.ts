/**
 * Finds the place where a job is, and has the change made there: in this engine, in the one that holds it, or, where none does, by
 * ourselves. Also answers other processes that ask this engine.
 */

import { setTimeout as pause } from "node:timers/promises";
import type { ControlRequest } from "../../control/protocol.js";
import { AirError } from "../../domain/errors.js";
import { checkJob, type JobInput } from "../../store/text/check-job.js";
import type { Engine } from "../engine.js";
import { requireName, type JobOpener } from "../job-opener.js";
import type { RunningJob } from "../running-job.js";
import { addHere } from "./add.js";
import { whyUnreached } from "./ask-holder.js";
import { cancelHere } from "./cancel.js";
import type { Change } from "./change.js";
import { retryHere } from "./retry.js";

/** A job changes hands within milliseconds; who holds one for longer and can't be asked is no engine of ours. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 25;

export class JobChanges {
  readonly #dir: string;
  readonly #engine: Engine;
  readonly #opener: JobOpener;
  readonly #onWarning: (message: string) => void;

  /** @param onWarning told at once why an engine that has the job can't be asked, while that is waited for */
  constructor(dir: string, engine: Engine, opener: JobOpener, onWarning: (message: string) => void) {
    this.#onWarning = onWarning;
    this.#dir = dir;
    this.#engine = engine;
    this.#opener = opener;
  }

  /** The job may change hands meanwhile: then it is tried again. */
  async make<Result>(name: string, change: Change<Result>): Promise<Result> {
    requireName(name);
    const deadline = performance.now() + PATIENCE_MS;
    let told = "";
    for (;;) {
      try {
        return await this.#makeNow(name, change);
      } catch (error) {
        const code = error instanceof AirError ? error.code : "";
        if (code !== "AIR_CLOSED" && code !== "AIR_LOCKED") throw error;
        // It is over here, and if we are too it won't be anybody's within our patience.
        if (code === "AIR_CLOSED") this.#engine.requireOpen();
        if (performance.now() > deadline) throw error;
        const why = code === "AIR_LOCKED" ? whyUnreached(this.#dir, name) : null;
        if (why !== null && why !== told) this.#onWarning(`job "${name}": ${why}`);
        told = why ?? told;
      }
      await pause(RETRY_MS);
    }
  }

  async #makeNow<Result>(name: string, { here, there, alone }: Change<Result>): Promise<Result> {
    const job = this.#engine.find(name);
    if (job !== undefined) return here(job, this.#engine);
    this.#engine.requireOpen();
    const answer = await there(this.#dir, name);
    if (answer !== null) return answer;
    const opened = await this.#opener.openNamed(name);
    return opened.orGiveBack(() => alone(opened, this.#engine));
  }

  /**
   * What another process asked. Only jobs that run here are touched.
   *
   * @throws AirError `AIR_DISK` if the change is made, and the disk does not take it: it would be gone with this engine.
   */
  async answer(request: ControlRequest): Promise<object> {
    const answer = await this.#answer(request);
    const unrecorded = request.verb === "explain" ? null : (this.#engine.find(request.job)?.unrecorded ?? null);
    if (unrecorded === null) return answer;
    const message =
      `job "${request.job}": that is done, but not on record (${unrecorded}). ` +
      "It is lost if the engine ends before: see to the disk, then ask the same again.";
    throw new AirError("AIR_DISK", message);
  }

  async #answer(request: ControlRequest): Promise<object> {
    switch (request.verb) {
      case "add": {
        const { tasks } = await checkJob(request.tasks as JobInput, { isAddition: true });
        return addHere(this.#find(request.job), tasks, this.#engine.fit);
      }
      case "cancel":
        return cancelHere(this.#find(request.job), request.tasks);
      case "explain":
        return this.#find(request.job).live;
      case "retry": {
        const { job, tasks, from } = request;
        const wish = { ...(tasks !== null && { tasks }), ...(from !== null && { from }) };
        return retryHere(this.#find(job), wish, this.#engine.fit);
      }
    }
  }

  #find(name: string): RunningJob {
    const job = this.#engine.find(name);
    if (job === undefined) throw new AirError("AIR_CLOSED", `job "${name}" is not held by this engine any more.`);
    return job;
  }
}
