/**
 * A job that is looked at again and again: what its files say, its tasks read anew only when they were written anew, and what holds it back,
 * by the engine that runs it. An engine that does not answer keeps nobody waiting.
 */

import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { AirError, viewPaths, type JobView, type LiveState, type TaskView } from "../index.js";
import { askToExplain } from "../internal.js";
import { findJob } from "./job-source.js";
import { directoryFromHere } from "../system/look/current-directory.js";

const NOTHING: LiveState = { holds: [], trouble: null };
/** An engine answers within milliseconds. */
const PATIENCE_MS = 50;

export class WatchedJob {
  readonly #base: string;
  readonly #name: string;
  readonly #run: string | null;
  readonly #isForJson: boolean;
  #stamp = "";
  #tasks: readonly TaskView[] | null = null;
  #live: LiveState = NOTHING;
  #question: Promise<void> | null = null;

  /** @param options.run an earlier one's id; null for the current one. */
  constructor(base: string, name: string, { run, isForJson }: { readonly run: string | null; readonly isForJson: boolean }) {
    this.#base = base;
    this.#name = name;
    this.#run = run;
    this.#isForJson = isForJson;
  }

  /** Throws as `findJob`. */
  view(): JobView {
    const { tasks } = viewPaths(this.#base, this.#name, this.#run === null ? {} : { run: this.#run });
    const stamp = stampOf(tasks);
    if (stamp !== "" && stamp === this.#stamp && this.#tasks !== null) {
      const job = this.#find(false);
      // They may have been written since, as they are just before the state says that the job has ended.
      if (stampOf(tasks) === stamp) return { ...job, tasks: this.#tasks };
    }
    const job = this.#find(true);
    [this.#stamp, this.#tasks] = [stamp, job.tasks];
    return job;
  }

  #find(withTasks: boolean): JobView {
    return findJob(this.#base, this.#name, { run: this.#run, withTasks, isForJson: this.#isForJson });
  }

  /** What holds it back, as of now or of a little earlier. */
  async live({ isOver, engine }: JobView): Promise<LiveState> {
    if (isOver || engine === null) return NOTHING;
    this.#question ??= this.#ask().finally(() => (this.#question = null));
    await Promise.race([this.#question, sleep(PATIENCE_MS)]);
    return this.#live;
  }

  async #ask(): Promise<void> {
    try {
      this.#live = (await askToExplain(directoryFromHere(this.#base), this.#name)) ?? NOTHING;
    } catch (error) {
      if (!(error instanceof AirError)) throw error;
      this.#live = { ...NOTHING, trouble: error.code === "AIR_LOCKED" ? error.message : null };
    }
  }
}

/** Tells whether the file was written since; empty if that can't be told. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return "";
  }
}
