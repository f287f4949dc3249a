/**
 * The history of a run: what its events say of each attempt, also of those that later ones have replaced in the picture. Pure; fed by
 * read-history.ts. An engine that runs tasks never makes one: it remembers the last attempt alone.
 */

import type { AttemptEnded, AttemptStarted, HistoryRestored, JobEvent } from "../../domain/events.js";
import type { HeldBack } from "../../domain/held-back.js";
import type { AttemptHistory, Pause, RunHistory, TaskHistory } from "../../domain/history.js";
import { impossible } from "../../domain/errors.js";
import { DEFAULT_RESOURCES } from "../../domain/resources.js";
import { isFinal } from "../../domain/task.js";
import { Picture } from "../picture/picture.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What is known of a task beside the picture. */
interface Entry {
  pendingSince: number;
  /** No attempt could start before: it was added or reset then, its last attempt ended, or its delay is over. */
  notBefore: number;
  readonly attempts: Mutable<AttemptHistory>[];
  /** True while the last of them has no end on record. */
  isOpen: boolean;
}

export class History {
  readonly #picture = new Picture({ keepsAll: true });
  readonly #entries: Entry[] = [];
  readonly #pauses: Mutable<Pause>[] = [];
  /** What ran when an engine took the job up whose last one had neither stopped nor ended it, and when that was heard of last. */
  readonly #deaths: { readonly heardAt: number; readonly at: number; readonly running: readonly AttemptHistory[] }[] = [];
  #heardAt = 0;
  #isTakenUp = false;
  readonly #holds: HeldBack[] = [];
  #takenAt = 0;
  #slots: number | null = null;
  /** How many tasks an earlier, longer journal has told of. */
  #restored = 0;

  apply(event: JobEvent): void {
    if (event.type === "job-taken-up") this.#noticeDeath(event.at);
    this.#picture.apply(event);
    this.#endPause(event);
    this.#heardAt = Math.max(this.#heardAt, event.at);
    switch (event.type) {
      case "job-taken":
        this.#takenAt = event.at;
        return;
      case "tasks-added":
        for (const _ of event.tasks) {
          this.#entries.push({ pendingSince: event.at, notBefore: event.at, attempts: [], isOpen: false });
        }
        return;
      case "history-restored":
        return this.#restore(event);
      case "attempt-started":
        return this.#start(event);
      case "attempt-begun": {
        const { attempts } = this.#entryOf(event.task);
        attempts.at(-1)!.startedAt = event.at;
        return;
      }
      case "attempt-ended":
        return this.#end(event);
      case "tasks-reset":
        for (const task of event.tasks) Object.assign(this.#entryOf(task), { pendingSince: event.at, notBefore: event.at });
        return;
      case "job-interrupted":
      case "job-ended":
        this.#pauses.push({ from: event.at, to: null });
        return;
      case "job-restored":
        if (event.completedAt !== null) this.#pauses.push({ from: event.completedAt, to: null });
        return;
      case "held-back":
        this.#holds.push(event);
        return;
      case "job-taken-up":
        this.#isTakenUp = true;
        this.#slots = Math.max(this.#slots ?? 0, event.slots);
        return;
      case "records-restored":
      case "settings-changed":
      case "attempt-stopping":
      case "attempt-outlived":
      case "task-ended":
      case "edits-ignored":
      case "job-cancelling":
        return;
      default:
        impossible(event);
    }
  }

  /** @param damage why there is more that could not be read; null if there is not. */
  tell(damage: string | null): RunHistory {
    const { owner, settings, tasks, records } = this.#picture;
    return {
      job: this.#picture.status(),
      owner,
      settings,
      takenAt: this.#takenAt,
      slots: this.#slots,
      tasks: this.#entries.map(({ pendingSince, attempts }, index): TaskHistory => {
        const readyAt = records[index]!.status === "pending" ? this.#readyAt(index) : null;
        return { spec: tasks[index]!, record: records[index]!, pendingSince, readyAt, attempts };
      }),
      pauses: this.#allPauses(),
      holds: this.#holds,
      damage,
    };
  }

  #restore({ pendingSince, pauses, attempts }: HistoryRestored): void {
    for (const [at, tasks] of pendingSince) {
      for (const entry of this.#entries.slice(this.#restored, (this.#restored += tasks))) {
        entry.pendingSince = entry.notBefore = at;
      }
    }
    this.#pauses.push(...pauses);
    for (const [task, earlier] of attempts) this.#entryOf(task).attempts.push(...earlier);
  }

  #start({ task, attempt, at, takes = DEFAULT_RESOURCES, ranOn }: AttemptStarted): void {
    const index = this.#picture.ids.get(task)!;
    const entry = this.#entries[index]!;
    const readyAt = this.#readyAt(index) ?? at;
    const begun = { attempt, readyAt, startedAt: at, endedAt: null, takes, ranOn: ranOn ?? null };
    entry.attempts.push({ ...begun, outcome: null, status: "running", error: null, usage: null });
    entry.isOpen = true;
  }

  #end({ task, at, begunAt, outcome, status, error, usage, retryAt }: AttemptEnded): void {
    const entry = this.#entryOf(task);
    const last = entry.attempts.at(-1);
    if (last === undefined || !entry.isOpen) return;
    entry.isOpen = false;
    if (outcome.kind === "not-begun") {
      entry.attempts.pop();
      return;
    }
    Object.assign(last, { startedAt: begunAt ?? last.startedAt, endedAt: at, outcome, status, error, usage: usage ?? null });
    entry.notBefore = retryAt ?? at;
  }

  /** Null if it waits for something that it depends on. */
  #readyAt(index: number): number | null {
    let readyAt = this.#entries[index]!.notBefore;
    for (const id of this.#picture.tasks[index]!.dependencies) {
      const { status, completedAt } = this.#picture.records[this.#picture.ids.get(id)!]!;
      if (!isFinal(status)) return null;
      readyAt = Math.max(readyAt, completedAt ?? 0);
    }
    return readyAt;
  }

  /** Whatever happens after an interruption, or to a job that had ended, is the doing of the next engine, or of a user who goes on with it. */
  #endPause(event: JobEvent): void {
    const last = this.#pauses.at(-1);
    if (last?.to === null && !this.#picture.isOver) last.to = event.at;
  }

  /** Taken up while it is neither interrupted nor over: its engine was killed. */
  #noticeDeath(at: number): void {
    if (!this.#isTakenUp || this.#pauses.at(-1)?.to === null) return;
    const running = this.#entries.flatMap(({ isOpen, attempts }) => (isOpen ? [attempts.at(-1)!] : []));
    this.#deaths.push({ heardAt: this.#heardAt, at, running });
  }

  /** Nobody knows when an engine was killed; certainly nobody ran its job since an attempt ended of which it recorded nothing, or without any. */
  #allPauses(): Pause[] {
    const deaths = this.#deaths.map(({ heardAt, at, running }) => {
      const unheard = running.reduce((first, { endedAt }) => Math.min(first, endedAt ?? at), at);
      const from = running.length === 0 ? heardAt : Math.max(heardAt, unheard);
      return { from, to: at };
    });
    const known = this.#picture.isOver ? this.#pauses.filter(({ to }) => to !== null) : this.#pauses;
    return [...known, ...deaths.filter(({ from, to }) => from < to)].toSorted((a, b) => a.from - b.from);
  }

  #entryOf(task: string): Entry {
    return this.#entries[this.#picture.ids.get(task)!]!;
  }
}
