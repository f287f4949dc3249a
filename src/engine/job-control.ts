/**
 * What users do to jobs that are there: add tasks, cancel, retry. Acts on a job of this executor directly, else asks the engine that holds
 * the job's lock, and where none does acts by itself. Also answers other processes that ask this executor. Owned by AirExecutor.
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { demandIds, demandWish } from "./call-options.js";
import { checkJob, type JobInput } from "../store/text/check-job.js";
import { ask } from "../control/client.js";
import type { AddAnswer, CancelAnswer, ControlRequest, RetryAnswer } from "../control/protocol.js";
import { AirError } from "../domain/errors.js";
import type { JobSpec, RetryWish } from "../domain/job.js";
import type { TaskSpec } from "../domain/task.js";
import { planAddition, refuseOfMap } from "./growth.js";
import { requireName } from "./job-opener.js";
import type { Added, Job, Retried } from "./job.js";
import { cancellations, unended } from "./plan-cancel.js";
import { planRetry, readEdits } from "./plan-retry.js";
import { putDown } from "./put-down.js";
import type { RunningJob } from "./running-job.js";
import { abandon, note, type OpenedJob } from "../store/directory/job-directory.js";
import { controlDir, jobPaths, jobsDir } from "../store/layout.js";
import { readSocket } from "../system/lock-holder.js";
import { tasksAdded } from "../store/journal/new-journal.js";
import type { Picture } from "../store/picture/picture.js";
import { specText } from "../store/text/task-line.js";

/** What of the executor is needed here. */
export interface ControlHost {
  readonly dir: string;
  /** Throws `AIR_CLOSED` if no job can be opened or begun here any more. */
  requireOpen(): void;
  /** The job of that name if it is held here. */
  find(name: string): RunningJob | undefined;
  /** Takes a job's lock and finds out what it is; a run that was superseded is ended first. */
  open(name: string): Promise<OpenedJob>;
  /** @param only if given, only the attempts in flight of these tasks are adopted, and nothing is started. */
  begin(opened: OpenedJob, only?: readonly string[]): Promise<RunningJob>;
  ended(opened: OpenedJob): Promise<Job>;
}

/** How one thing is done in each of the three places. */
interface Ways<Result> {
  readonly here: (job: RunningJob) => Result | Promise<Result>;
  readonly there: { readonly request: () => ControlRequest; readonly read: (ok: unknown) => Result };
  readonly alone: (opened: OpenedJob) => Promise<Result>;
}

/** A job changes hands within milliseconds; who holds one for longer and can't be asked is no engine of ours. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 25;

export class JobControl {
  readonly #host: ControlHost;

  constructor(host: ControlHost) {
    this.#host = host;
  }

  async add(name: string, { tasks: given, env, concurrency, maxFailures }: JobSpec): Promise<Added> {
    if (concurrency !== null || maxFailures !== null) {
      const key = concurrency === null ? "max_failures" : "concurrency";
      throw new AirError("AIR_USAGE", `${key} holds for a job as a whole and can't be changed by adding tasks: leave it out`);
    }
    const tasks = given.map((task) => ({ ...task, env: { ...env, ...task.env } }));
    return this.#do<Added>(name, {
      here: (job) => ({ ...addTo(job, tasks), isRunning: true }),
      there: {
        request: () => ({ verb: "add", job: name, tasks: tasks.map((task): unknown => JSON.parse(specText(task))) }),
        read: (ok) => ({ ...(ok as AddAnswer), isRunning: true }),
      },
      alone: async (opened) => {
        const { added, present } = await this.#attempt(opened, () => {
          refuseWhileCancelling(opened.picture);
          const plan = planAddition(tasks, opened.picture);
          note(opened, [...tasksAdded(plan.added, Date.now())]);
          return plan;
        });
        // Without anything new an ended job stays as it is, with the edits that wait in its tasks.json.
        await putDown(opened, !opened.picture.isOver);
        return { added: added.map(({ id }) => id), present, isRunning: false };
      },
    });
  }

  async cancel(name: string, tasks: readonly string[] | null): Promise<CancelAnswer> {
    demandIds(tasks ?? []);
    return this.#do<CancelAnswer>(name, {
      here: (job) => cancelIn(job, tasks),
      there: { request: () => ({ verb: "cancel", job: name, tasks }), read: (ok) => ok as CancelAnswer },
      alone: async (opened) => ({ cancelled: await this.#cancelAlone(opened, tasks) }),
    });
  }

  async retry(name: string, wish: RetryWish): Promise<Retried> {
    demandWish(wish);
    const { tasks = null, from = null } = wish;
    return this.#do<Retried>(name, {
      here: async (job) => ({ ...(await retryIn(job, wish)), job: job.job }),
      there: {
        request: () => ({ verb: "retry", job: name, tasks, from }),
        read: (ok) => ({ ...(ok as RetryAnswer), job: null }),
      },
      alone: async (opened) => {
        const chosen = await this.#attempt(opened, () => resetAlone(opened, wish));
        const job = opened.picture.isOver ? await this.#host.ended(opened) : (await this.#host.begin(opened)).job;
        return { tasks: chosen, job };
      },
    });
  }

  /** What another process asked. Only jobs that are held here are touched. */
  async answer(request: ControlRequest): Promise<object> {
    const find = (): RunningJob => {
      const job = this.#host.find(request.job);
      if (job === undefined) throw new AirError("AIR_CLOSED", `job "${request.job}" is not held by this engine any more.`);
      return job;
    };
    switch (request.verb) {
      case "add": {
        const { tasks } = await checkJob(request.tasks as JobInput, { isAddition: true });
        return addTo(find(), tasks);
      }
      case "cancel":
        return cancelIn(find(), request.tasks);
      case "retry":
        return retryIn(find(), toWish(request));
    }
  }

  /** Whoever holds the job does it. It may change hands meanwhile: then it is tried again. */
  async #do<Result>(name: string, { here, there, alone }: Ways<Result>): Promise<Result> {
    requireName(name);
    const { lock } = jobPaths(join(jobsDir(this.#host.dir), name));
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const job = this.#host.find(name);
        if (job !== undefined) return await here(job);
        return await alone(await this.#host.open(name));
      } catch (error) {
        const code = error instanceof AirError ? error.code : "";
        if (code !== "AIR_CLOSED" && code !== "AIR_LOCKED") throw error;
        // It is over here, and if we are too it won't be anybody's within our patience.
        if (code === "AIR_CLOSED") this.#host.requireOpen();
        const answer = code === "AIR_LOCKED" ? await askHolder(this.#host.dir, readSocket(lock), there.request()) : null;
        if (answer !== null) return there.read(answer.ok);
        if (performance.now() > deadline) throw error;
      }
      await pause(RETRY_MS);
    }
  }

  /** Gives the job back if it can't be done. */
  async #attempt<Result>(opened: OpenedJob, act: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      await abandon(opened);
      throw error;
    }
  }

  /** What survived its engine is ended before anything else. */
  async #cancelAlone(opened: OpenedJob, tasks: readonly string[] | null): Promise<readonly string[]> {
    const { picture } = opened;
    const open = await this.#attempt(opened, () => unended(tasks ?? [], picture));
    if (picture.isOver || (tasks !== null && open.length === 0)) {
      await putDown(opened, false);
      return [];
    }
    const at = Date.now();
    if (tasks === null) {
      await this.#attempt(opened, () => note(opened, [{ type: "job-cancelling", at }]));
      await (await this.#host.begin(opened)).job.finished();
      return [];
    }
    await this.#attempt(opened, () => note(opened, cancellations(open, picture, at)));
    const survivors = picture.load().inFlight.flatMap(({ task }) => (open.includes(task) ? [task] : []));
    const job = await this.#host.begin(opened, survivors);
    job.cancel(survivors);
    await job.job.finished();
    return open;
  }
}

/** A run that was stopped and is about to be given back hears nothing any more. */
function cancelIn(job: RunningJob, tasks: readonly string[] | null): CancelAnswer {
  if (job.isIdle && !job.picture.isOver) throw new AirError("AIR_CLOSED", `job "${job.picture.name}" is being given back.`);
  const cancelled = unended(tasks ?? [], job.picture);
  if (tasks === null) job.cancel(null);
  else if (cancelled.length > 0) job.cancel(cancelled);
  return { cancelled };
}

async function askHolder(dir: string, socket: string | null, request: ControlRequest): Promise<{ ok: unknown } | null> {
  try {
    return socket !== null ? await ask(controlDir(dir), socket, request) : null;
  } catch (error) {
    if (error instanceof AirError && error.code === "AIR_CLOSED") return null;
    throw error;
  }
}

function addTo(job: RunningJob, tasks: readonly TaskSpec[]): AddAnswer {
  const { added, present } = planAddition(tasks, job.picture);
  if (added.length > 0) job.add(added);
  return { added: added.map(({ id }) => id), present };
}

async function retryIn(job: RunningJob, wish: RetryWish): Promise<RetryAnswer> {
  const { picture, paths } = job;
  refuseOfMap(picture);
  const edits = await readEdits(paths, picture);
  const plan = planRetry(picture, wish, edits, paths);
  if (plan.tasks.length > 0) job.reset(plan);
  return { tasks: plan.tasks };
}

/** Records what is to run again. */
async function resetAlone(opened: OpenedJob, wish: RetryWish): Promise<readonly string[]> {
  const { paths, picture } = opened;
  refuseOfMap(picture);
  refuseWhileCancelling(picture);
  const plan = planRetry(picture, wish, await readEdits(paths, picture), paths);
  if (plan.tasks.length > 0) note(opened, [{ type: "tasks-reset", at: Date.now(), ...plan }]);
  return plan.tasks;
}

function refuseWhileCancelling({ name, isCancelling, isOver }: Picture): void {
  if (isCancelling && !isOver) {
    throw new AirError(
      "AIR_CONFLICT",
      `job "${name}" is being cancelled: wait for its end, or cancel it once more to bring that about.`,
    );
  }
}

function toWish({ tasks, from }: { readonly tasks: readonly string[] | null; readonly from: string | null }): RetryWish {
  return { ...(tasks !== null && { tasks }), ...(from !== null && { from }) };
}
