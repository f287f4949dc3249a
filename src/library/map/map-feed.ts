/**
 * Brings the input of a map to its job, and what became of the tasks back to their inputs. Owned by map-run.ts, which hands the results
 * over and ends the job. Decides nothing about tasks.
 *
 * What bounds memory is here: no input is pulled while there are as many without a result that was handed over as the window allows,
 * whoever is slow, the tasks or the reader.
 */

import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { checkMapTask, invalidMapTask, plainMapTask } from "../../store/text/check-job.js";
import { AirError, type AirErrorCode } from "../../domain/errors.js";
import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { EarlierInputs, WAYS_OUT } from "./earlier-inputs.js";
import { MapEdges, type Edges } from "./map-edges.js";
import { HaltWatch, type MapHalt } from "./map-halt.js";
import { demandObject, iteratorOf, type MapInput, type MapIterator, type MapResult, type ToTask } from "./map-options.js";
import type { RunningJob } from "../../engine/running-job.js";
import type { IdSet } from "../../store/picture/id-set.js";
import { logFileName } from "../../store/names.js";
import type { FitCheck } from "../../store/text/demand-faults.js";
import { isSameTask } from "../../store/same-tasks.js";
import { Wakeup } from "./wakeup.js";

export interface MapSource<Input> {
  readonly inputs: MapInput<Input>;
  readonly toTask: ToTask<Input>;
  readonly edges: Edges;
  readonly halt: MapHalt | null;
  readonly graceMs: number;
  /** So many inputs may be pulled whose results have not been handed over. */
  readonly window: number;
  readonly delayMs: number;
  readonly onWarning: (message: string) => void;
  /** Told of inputs whose tasks had ended before: they have no result. */
  readonly onPassed: (input: Input, index: number) => void;
  /** Whether a task can ever run here. */
  readonly fit: FitCheck;
}

interface Pulled<Input> {
  readonly input: Input;
  readonly index: number;
}

/** A stop is seen within this time. */
const LONGEST_PAUSE_MS = 100;
/** Inputs pulled before the event loop gets a turn: those that ended under an earlier call wait for nothing. */
const PULLS_A_TURN = 500;

export class MapFeed<Input> {
  readonly #job: RunningJob;
  readonly #had: IdSet;
  readonly #source: MapSource<Input>;
  readonly #edges: MapEdges;
  readonly #halt: HaltWatch;
  /** Null until the input was asked for it, which is code of the caller too. */
  #iterator: MapIterator<Input> | null = null;
  /** Inputs whose tasks have not ended, by the id of the task. */
  readonly #open = new Map<string, Pulled<Input>>();
  readonly #results: MapResult<Input>[] = [];
  /** Tasks of an earlier call that ended in this one before their inputs came again. */
  readonly #early = new Map<string, TaskRecord>();
  readonly #earlier: EarlierInputs;
  /** Tasks of one turn of the event loop, which go to the job together. */
  #batch: TaskSpec[] = [];
  #count = 0;
  /** When the last new task was taken. */
  #takenAt = -Infinity;
  /** What the latest task took, and for how long: there is room for it. */
  #fitting: Pick<TaskSpec, "resources" | "timeoutMs"> | null = null;
  #isStopped = false;
  #isOver = false;
  /** True while code of the caller is at work: that can't be ended, and may take for ever. */
  #isAway = false;
  #failure: { readonly cause: unknown } | null = null;
  readonly #room = new Wakeup();
  readonly #news = new Wakeup();
  readonly #pulled: Promise<void>;

  constructor(job: RunningJob, source: MapSource<Input>) {
    this.#job = job;
    const { had } = job.picture;
    if (had === null) throw new Error(`Internal error: job ${JSON.stringify(job.picture.name)} is no map`);
    this.#had = had;
    this.#source = source;
    this.#edges = new MapEdges(job, source.edges);
    this.#halt = new HaltWatch(source.halt);
    this.#earlier = new EarlierInputs(job.picture, this.#edges.had);
    job.picture.onTaskLeft.push(({ id }, record) => this.#end(id, record));
    const end = (): void => {
      this.#isOver = true;
      this.#news.ring();
    };
    job.finished.then(end, end);
    this.#pulled = this.#pull();
  }

  /** What the input or `toTask` threw; null if neither did. Known when there are no more results. */
  get failure(): { readonly cause: unknown } | null {
    return this.#failure;
  }

  /** Why it stopped early; null if it did not. */
  get halted(): string | null {
    return this.#halt.reason;
  }

  /** The next result, in the order in which tasks end; null if there will be none. One may wait at a time. */
  async next(): Promise<MapResult<Input> | null> {
    for (;;) {
      const result = this.#results.shift();
      if (result !== undefined) {
        this.#room.ring();
        return result;
      }
      if (this.#isOver) return null;
      await this.#news.wait();
    }
  }

  /** Pulls no more, and lets the input go. What was pulled and is not on record is dropped: it comes again. */
  async stop(): Promise<void> {
    this.#bar();
    this.#batch = [];
    // An input that is still asked for something would keep us waiting.
    if (!this.#isAway) return this.#pulled;
    const letGo = async (): Promise<unknown> => this.#iterator?.return?.();
    letGo().catch(() => {});
  }

  /** Pulls no more. */
  #bar(): void {
    this.#isStopped = true;
    this.#edges.stop();
    this.#room.ring();
  }

  async #pull(): Promise<void> {
    let isWhole = false;
    try {
      if (!(await this.#edges.begin())) this.#isStopped = true;
      else this.#iterator = iteratorOf(this.#source.inputs);
      while (this.#iterator !== null && (await this.#hasRoom())) {
        if (await this.#pullNext(this.#iterator)) continue;
        const missing = this.#isStopped ? null : this.#earlier.missing;
        if (missing !== null) throw new AirError("AIR_CONFLICT", `map "${this.#job.picture.name}": ${missing}`);
        isWhole = !this.#isStopped;
        break;
      }
    } catch (error) {
      this.#failure = { cause: error };
      this.#tellFailure(error);
    }
    this.#flush();
    this.#job.endInput({ isWhole, last: this.#edges.last() });
    try {
      if (!isWhole) await this.#iterator?.return?.();
    } catch (error) {
      this.#failure ??= { cause: error };
    }
  }

  /** Waits until a further input may be pulled. False if none may be any more. */
  async #hasRoom(): Promise<boolean> {
    if (this.#count % PULLS_A_TURN === PULLS_A_TURN - 1) await turn();
    // What was taken goes to the job at the end of this turn, together with all that there is room for by then.
    while (!this.#isStopped && this.#open.size + this.#results.length >= this.#source.window) await this.#room.wait();
    for (let wait = this.#waitMs(); wait > 0 && !this.#isStopped; wait = this.#waitMs()) {
      this.#flush();
      await pause(Math.min(wait, LONGEST_PAUSE_MS));
    }
    return !this.#isStopped;
  }

  /** How long the next input has to wait for the delay behind the one before it. */
  #waitMs(): number {
    const { delayMs } = this.#source;
    return delayMs === 0 ? 0 : Math.ceil(this.#takenAt + delayMs - performance.now());
  }

  /** False if there is none, or nobody wants it any more. */
  async #pullNext(iterator: MapIterator<Input>): Promise<boolean> {
    this.#isAway = true;
    try {
      const pull = await iterator.next();
      demandObject(pull, "its iterator gave");
      if (this.#isStopped || pull.done === true) return false;
      const input = await pull.value;
      const index = this.#count++;
      const task = await this.#source.toTask(input, index);
      const spec = plainMapTask(task, index + 1) ?? (await checkMapTask(task, index + 1, this.#job.picture.name));
      // Most inputs take the same.
      const { resources, timeoutMs } = spec;
      if (resources !== this.#fitting?.resources || timeoutMs !== this.#fitting.timeoutMs) await this.#requireFit(index, spec);
      if (!this.#isStopped) this.#take({ input, index }, this.#edges.place(spec));
      return true;
    } finally {
      this.#isAway = false;
    }
  }

  async #requireFit(index: number, spec: TaskSpec): Promise<void> {
    const faults = await this.#source.fit([spec], this.#job.picture.settings.pools);
    if (faults.length > 0) throw invalidMapTask(index + 1, this.#job.picture.name, faults);
    this.#fitting = spec;
  }

  #take(pulled: Pulled<Input>, spec: TaskSpec): void {
    const { id } = spec;
    const isOpen = this.#open.has(id);
    if (!isOpen && !this.#had.has(id)) {
      this.#open.set(id, pulled);
      const isFirst = this.#batch.push(spec) === 1;
      if (this.#source.delayMs > 0) this.#flush();
      else if (isFirst) setImmediate(() => this.#flush());
      this.#takenAt = performance.now();
    } else if (isOpen || this.#earlier.isComplete) {
      throw this.#refusal(pulled, "AIR_INVALID_JOB", `task ${JSON.stringify(id)} is there already; ids must be unique`);
    } else {
      this.#meet(pulled, spec);
    }
  }

  /** The input of a task that is on record since an earlier call. If it ended then, there is nothing more to say of it. */
  #meet(pulled: Pulled<Input>, spec: TaskSpec): void {
    const { ids, tasks } = this.#job.picture;
    const place = ids.get(spec.id);
    if (place !== undefined && !isSameTask(spec, tasks[place]!)) {
      const message = `task ${JSON.stringify(spec.id)} has not ended, and was another one when it was taken in: ${WAYS_OUT}`;
      throw this.#refusal(pulled, "AIR_CONFLICT", message);
    }
    const others = this.#earlier.meet(spec);
    if (others !== null) throw this.#refusal(pulled, "AIR_CONFLICT", others);
    const record = this.#early.get(spec.id);
    if (place === undefined && record === undefined) return this.#source.onPassed(pulled.input, pulled.index);
    this.#open.set(spec.id, pulled);
    if (record !== undefined) this.#end(spec.id, record);
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0 || this.#job.feed(batch)) return;
    // Cancelled, stopped early, or stopped with the executor: they are on no record.
    this.#bar();
    for (const { id } of batch) this.#open.delete(id);
  }

  #end(id: string, record: TaskRecord): void {
    if (this.#halt.note(record.status)) {
      this.#job.interrupt(this.#source.halt?.when === "now" ? this.#source.graceMs : null);
      this.#bar();
    }
    if (this.#edges.note(id, record)) return;
    const pulled = this.#open.get(id);
    if (pulled === undefined) {
      this.#early.set(id, record);
      return;
    }
    this.#open.delete(id);
    this.#early.delete(id);
    const { status, exitCode, signal, attempts, error, startedAt, completedAt } = record;
    // Put together by hand, as the descriptors' are: names made by the guard need no cleaning.
    const log = attempts === 0 ? null : `${this.#job.paths.logs}/${logFileName(id)}`;
    const { input, index } = pulled;
    this.#results.push({ input, index, task: id, status, exitCode, signal, attempts, error, log, startedAt, completedAt });
    this.#news.ring();
  }

  /** It is thrown behind the last result, and that may take long. */
  #tellFailure(error: unknown): void {
    const { name, ids } = this.#job.picture;
    if (this.#open.size === 0 && ids.size === 0) return;
    this.#source.onWarning(`map "${name}": its input failed (${wordsOf(error)}); what was taken in is run to its end first`);
  }

  #refusal({ index }: Pulled<Input>, code: AirErrorCode, message: string): AirError {
    return new AirError(code, `input ${index + 1} of map "${this.#job.picture.name}": ${message}`);
  }
}

/** Anything can be thrown, also what has no words, or throws when it is asked for them. */
function wordsOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "it threw what has no words";
  }
}
