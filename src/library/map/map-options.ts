/** What a caller says of a map, and what it hears of each input, with the defaults and the checks. Pure. */

import { inspect } from "node:util";
import type { TaskInput } from "../../store/text/check-job.js";
import { randomDigits } from "../../domain/random-digits.js";
import type { Resources } from "../../domain/resources.js";
import type { TaskStatus } from "../../domain/task.js";
import { checkDemand } from "../../store/text/pool-amounts.js";
import { checkVariable } from "../../store/text/value-checks.js";
import type { JobSummary } from "../../domain/job.js";
import type { Job } from "../job.js";
import type { MapHalt } from "./map-halt.js";
import {
  completePlace,
  completePools,
  demand,
  demandAmounts,
  demandKnown,
  demandTimer,
  type SubmitOptions,
  type WrittenPools,
} from "../../engine/options.js";

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

/** How a map ended. */
export interface MapSummary extends JobSummary {
  /** Why it stopped early (`halt`), such as "3 tasks failed"; null if it did not. */
  readonly halted: string | null;
}

export interface MapOptions<Input = unknown> extends Pick<SubmitOptions, "fresh" | "cwd"> {
  /** Name of the job. An unfinished map of that name is gone on with. Default: a new name. */
  readonly name?: string;
  /** How many of its tasks may run at once. Default: the limit of the executor, which holds in any case. */
  readonly concurrency?: number;
  /** As `halt: { when: "soon", failed: … }`. */
  readonly maxFailures?: number;
  /** When to stop early, leaving the map unfinished. Default: never. */
  readonly halt?: MapHalt;
  /** Runs before all others, with the id `before`; without it completed no input is pulled. Default: nothing does. */
  readonly before?: MapTask;
  /** Runs when all others have completed, with the id `after`; it is skipped if one has not. Default: nothing does. */
  readonly after?: MapTask;
  /** So many milliseconds are between the starts of two tasks, further attempts aside. Default: 0. */
  readonly delayMs?: number;
  /** `apart`: what a task writes to stderr stands in a file beside its log, with `.err` for `.log`. Default: `merge`. */
  readonly stderr?: "merge" | "apart";
  /**
   * What is mapped, in words of yours such as a command line: an unfinished map of that name that was begun with other words is refused with
   * `AIR_CONFLICT`. Stands in state.json as `map_of`. Default: nothing is compared.
   */
  readonly mapOf?: string;
  /** Told of each input whose task had ended under an earlier call, and which therefore has no result. Default: nobody is. */
  readonly onPassed?: (input: Input, index: number) => void;
  /** Told of the job when it is on record, before anything runs. */
  readonly onBegin?: (job: Job) => void;
  /** Added to the environment of every task, below the task's own `env`. */
  readonly env?: Readonly<Record<string, string>>;
  /** How much there is of what only its tasks share, as `pools` of a job file. Default: nothing. */
  readonly pools?: WrittenPools;
  /** What the task of each input takes that has no `resources` of its own. Default: one cpu. */
  readonly resources?: WrittenPools;
  /** So many inputs may be pulled whose results have not been read. Default: 64 times what may run at once. */
  readonly window?: number;
}

const MAP_OPTIONS: readonly (keyof MapOptions)[] = [
  "name",
  "fresh",
  "cwd",
  "concurrency",
  "maxFailures",
  "halt",
  "before",
  "after",
  "delayMs",
  "stderr",
  "mapOf",
  "onPassed",
  "onBegin",
  "env",
  "pools",
  "resources",
  "window",
];
const HALT_OPTIONS: readonly (keyof MapHalt)[] = ["when", "failed", "completed", "ended"];

/** With every default filled in. */
export interface CompleteMapOptions<Input> {
  readonly name: string;
  readonly concurrency: number | null;
  readonly halt: MapHalt | null;
  readonly before: MapTask | null;
  readonly after: MapTask | null;
  readonly delayMs: number;
  readonly stderr: "merge" | "apart";
  readonly mapOf: string | null;
  readonly onPassed: (input: Input, index: number) => void;
  readonly onBegin: (job: Job) => void;
  readonly env: Readonly<Record<string, string>>;
  readonly pools: Resources;
  /** Null if nothing was said. */
  readonly resources: WrittenPools | null;
  readonly window: number;
  readonly cwd: string;
  readonly isFresh: boolean;
}

/** Enough for short tasks to be handed over many at a time, and for slots that never run dry meanwhile: measured with 4 slots, 16 take 3 % longer. */
const WINDOW_A_SLOT = 64;

/**
 * @param limit how many tasks the executor runs at once.
 * @throws AirError `AIR_USAGE` for an option that makes no sense.
 */
export function completeMapOptions<Input>(options: MapOptions<Input>, limit: number): CompleteMapOptions<Input> {
  demandKnown(options, MAP_OPTIONS);
  const {
    concurrency = null,
    maxFailures = null,
    env = {},
    before = null,
    after = null,
    mapOf = null,
    stderr = "merge",
    resources = null,
  } = options;
  const {
    delayMs = 0,
    onPassed = () => {},
    onBegin = () => {},
    halt = maxFailures === null ? null : { when: "soon", failed: maxFailures },
  } = options;
  for (const [key, value] of Object.entries({ concurrency, maxFailures, window: options.window ?? null }))
    demandCount(key, value);
  if (halt !== null) demandHalt(halt);
  demand(maxFailures === null || options.halt === undefined, "maxFailures", "nothing beside halt", maxFailures);
  demandTimer("delayMs", delayMs);
  const atOnce = Math.min(limit, concurrency ?? limit);
  // With a delay a task that is pulled has to start at once.
  const window = options.window ?? (delayMs > 0 ? atOnce : WINDOW_A_SLOT * atOnce);
  demand(stderr === "merge" || stderr === "apart", "stderr", '"merge" or "apart"', stderr);
  if (resources !== null) demandAmounts("resources", resources, checkDemand);
  demand(mapOf === null || typeof mapOf === "string", "mapOf", "a text", mapOf);
  for (const [key, value] of Object.entries({ onPassed, onBegin })) demand(typeof value === "function", key, "a function", value);
  const isEnv = typeof env === "object" && env !== null && Object.values(env).every((value) => typeof value === "string");
  demand(isEnv, "env", "an object of strings", env);
  demandAmounts("env", env, checkVariable);
  const amounts = { pools: completePools(options.pools), resources };
  const rest = {
    ...amounts,
    concurrency,
    halt,
    before,
    after,
    delayMs,
    stderr,
    mapOf,
    onPassed,
    onBegin,
    env: { ...env },
    window,
  };
  return { name: options.name ?? newName(), ...rest, ...completePlace(options) };
}

function demandCount(key: string, value: number | null): void {
  demand(value === null || (Number.isSafeInteger(value) && value >= 1), key, "a whole number of at least 1", value);
}

function demandHalt(halt: MapHalt): void {
  demandKnown(halt, HALT_OPTIONS);
  const { when, failed = null, completed = null, ended = null } = halt;
  demand(when === "soon" || when === "now", "halt.when", '"soon" or "now"', when);
  const numbers = Object.entries({ failed, completed, ended });
  for (const [key, value] of numbers) demandCount(`halt.${key}`, value);
  const isLimited = numbers.some(([, value]) => value !== null);
  demand(isLimited, "halt", "how many tasks: failed, completed or ended", halt);
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
  const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]();
  demandObject(iterator, "it gave as its iterator");
  return iterator;
}

/** As a loop of the language demands it of an input. */
export function demandObject(given: unknown, what: string): void {
  if (Object(given) !== given) throw new TypeError(`${what} ${inspect(given)}, expected an object`);
}

/** In the order of time, and nobody else's. */
function newName(): string {
  return `map-${Math.floor(Date.now() / 1000)}-${randomDigits(6)}`;
}
