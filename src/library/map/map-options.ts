/** What a caller says of a map, and what it hears of each input, with the defaults and the checks. Pure. */

import type { TaskInput } from "../../store/text/check-job.js";
import { randomDigits } from "../../domain/random-digits.js";
import type { TaskStatus } from "../../domain/task.js";
import { completePlace, demand, demandKnown, type SubmitOptions } from "../../engine/options.js";

/** What is to be mapped. Pulled one by one, never far ahead of what runs; may be endless. */
export type MapInput<Input> = Iterable<Input | PromiseLike<Input>> | AsyncIterable<Input>;

export type MapIterator<Input> = Iterator<Input | PromiseLike<Input>> | AsyncIterator<Input>;

/** A task of a map: it depends on nothing, and its default id is `task-N`, N being its place in the input counted from 1. */
export type MapTask = Omit<TaskInput, "dependencies" | "trigger_rule">;

/** Makes the task of an input; `index` counts from 0. */
export type ToTask<Input> = (input: Input, index: number) => MapTask | PromiseLike<MapTask>;

/** What became of one input. Times are milliseconds since the epoch. */
export interface MapResult<Input> {
  readonly input: Input;
  /** Its place in the input, from 0. */
  readonly index: number;
  /** The id of its task. */
  readonly task: string;
  readonly status: TaskStatus;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly attempts: number;
  /** Why it did not complete: one sentence. Null if it did. */
  readonly error: string | null;
  /** Absolute path of what the last attempt printed; null if there was none. */
  readonly log: string | null;
  /** Start of the last attempt. */
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

export interface MapOptions extends Pick<SubmitOptions, "fresh" | "cwd"> {
  /** Name of the job. An unfinished map of that name is gone on with. Default: a new name. */
  readonly name?: string;
  /** How many of its tasks may run at once. Default: the limit of the executor, which holds in any case. */
  readonly concurrency?: number;
  /** After that many failed tasks no further input is pulled, and the job fails. Default: no limit. */
  readonly maxFailures?: number;
  /** Added to the environment of every task, below the task's own `env`. */
  readonly env?: Readonly<Record<string, string>>;
  /** So many inputs may be pulled whose results have not been read. Default: sixteen times what may run at once. */
  readonly window?: number;
}

const MAP_OPTIONS: readonly (keyof MapOptions)[] = ["name", "fresh", "cwd", "concurrency", "maxFailures", "env", "window"];

/** With every default filled in. */
export interface CompleteMapOptions {
  readonly name: string;
  readonly concurrency: number | null;
  readonly maxFailures: number | null;
  readonly env: Readonly<Record<string, string>>;
  readonly window: number;
  readonly cwd: string;
  readonly isFresh: boolean;
}

/** Enough for short tasks to be handed over several at a time: measured, with 4 they take a seventh more CPU, with 48 no less. */
const WINDOW_A_SLOT = 16;

/**
 * @param limit how many tasks the executor runs at once.
 * @throws AirError `AIR_USAGE` for an option that makes no sense.
 */
export function completeMapOptions(options: MapOptions, limit: number): CompleteMapOptions {
  demandKnown(options, MAP_OPTIONS);
  const { concurrency = null, maxFailures = null, env = {} } = options;
  const { window = WINDOW_A_SLOT * Math.min(limit, concurrency ?? limit) } = options;
  for (const [key, value] of Object.entries({ concurrency, maxFailures, window })) {
    const isCount = value === null || (Number.isSafeInteger(value) && value >= 1);
    demand(isCount, key, "a whole number of at least 1", value);
  }
  const isEnv = typeof env === "object" && env !== null && Object.values(env).every((value) => typeof value === "string");
  demand(isEnv, "env", "an object of strings", env);
  return { name: options.name ?? newName(), concurrency, maxFailures, env, window, ...completePlace(options) };
}

/** @throws AirError `AIR_USAGE` for what can't be mapped, or by nothing. */
export function checkMapped(inputs: unknown, toTask: unknown): void {
  const { [Symbol.asyncIterator]: late, [Symbol.iterator]: plain } = Object(inputs) as Record<symbol, unknown>;
  demand(typeof (late ?? plain) === "function", "inputs", "an iterable or an async iterable", inputs);
  demand(typeof toTask === "function", "toTask", "a function", toTask);
}

/** Of an input that passed `checkMapped`. May throw what the input throws. */
export function iteratorOf<Input>(inputs: MapInput<Input>): MapIterator<Input> {
  // A text is an iterable and no object.
  const iterable = Object(inputs) as Partial<AsyncIterable<Input>> & Iterable<Input | PromiseLike<Input>>;
  return iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]();
}

/** In the order of time, and nobody else's. */
function newName(): string {
  return `map-${Math.floor(Date.now() / 1000)}-${randomDigits(6)}`;
}
