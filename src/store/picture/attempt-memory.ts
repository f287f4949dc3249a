/**
 * What the picture of a job remembers of attempts beside the records of their tasks, and the scheduler needs to go on: those in flight,
 * what counts against the budgets, and who waits for the next try. Pure.
 */

import type { AttemptEnded, AttemptStarted, AttemptStopping } from "../../domain/events.js";
import type { RecordedAttempt, LoadedJob } from "../../domain/job.js";
import { DEFAULT_RESOURCES } from "../../domain/resources.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class AttemptMemory {
  readonly #inFlight = new Map<string, Mutable<RecordedAttempt>>();
  readonly #retryAt = new Map<string, number>();
  readonly #losses = new Map<string, number>();
  readonly #apart = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #harmless = new Set<string>();

  started({ task, attempt, at, claim, key, takes = DEFAULT_RESOURCES, queued, ranOn }: AttemptStarted, job: string): void {
    this.#retryAt.delete(task);
    const isQueued = queued === true;
    this.#inFlight.set(task, { task, job, attempt, startedAt: at, claim, key, takes, ranOn, isQueued, stopping: null });
  }

  /** Of the attempts in flight. */
  get claims(): readonly string[] {
    return [...new Set([...this.#inFlight.values()].map(({ claim }) => claim))];
  }

  /** True if its attempt in flight waits behind others, as far as is known. */
  isQueued(task: string): boolean {
    return this.#inFlight.get(task)?.isQueued === true;
  }

  /** The attempt if it waited until now, else null. @param at when that was known to be over; if not given, it counts from its handing over */
  begun(task: string, at?: number): RecordedAttempt | null {
    const attempt = this.#inFlight.get(task);
    if (attempt?.isQueued !== true) return null;
    attempt.isQueued = false;
    if (at !== undefined) attempt.startedAt = at;
    return attempt;
  }

  stopping({ task, reason, at }: AttemptStopping): void {
    const attempt = this.#inFlight.get(task);
    if (attempt === undefined) return;
    attempt.stopping ??= { reason, at };
    if (reason === "cancel") attempt.stopping = { ...attempt.stopping, isCancelled: true };
  }

  ended({ task, outcome, status, retryAt }: AttemptEnded): void {
    this.#inFlight.delete(task);
    if (outcome.kind === "lost") this.#apart.add(task);
    else if (outcome.kind !== "not-begun") this.#apart.delete(task);
    if (outcome.kind === "lost" && outcome.stopped === undefined) {
      if (outcome.others === undefined) this.#losses.set(task, (this.#losses.get(task) ?? 0) + 1);
    } else if (outcome.kind !== "not-begun" && status !== "completed" && outcome.stopped !== "interrupt") {
      this.#failures.set(task, (this.#failures.get(task) ?? 0) + 1);
    }
    if (retryAt === null) this.#retryAt.delete(task);
    else this.#retryAt.set(task, retryAt);
  }

  /** The task ended without an attempt. */
  taskEnded(task: string, isHarmless: boolean): void {
    this.#retryAt.delete(task);
    if (isHarmless) this.#harmless.add(task);
  }

  /** The task begins anew, or has left. */
  forget(task: string): void {
    this.#retryAt.delete(task);
    this.#losses.delete(task);
    this.#apart.delete(task);
    this.#failures.delete(task);
    this.#harmless.delete(task);
  }

  load(): Pick<LoadedJob, "inFlight" | "retryAt" | "losses" | "apart" | "failures" | "harmless"> {
    return {
      inFlight: [...this.#inFlight.values()],
      retryAt: this.#retryAt,
      losses: this.#losses,
      apart: this.#apart,
      failures: this.#failures,
      harmless: this.#harmless,
    };
  }
}
