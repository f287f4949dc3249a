/**
 * Lines of the journal that tell of many attempts at once, in columns: starts that were recorded together, and ends with exit code 0. What
 * is short comes in hundreds, and a line each would be most of what it costs to keep its record.
 *
 *     {"seq":7,"at":"…","type":"attempts-started","attempt":1,"claim":"…","key":31,"queued":true,"tasks":["a","b"],"crc":"…"}
 *     {"seq":8,"at":"…","type":"attempts-completed","attempt":1,"tasks":["a","b"],"after":[0,2],"took":[1,1],
 *      "userMs":[0.4,0.5],"systemMs":[0.9,1],"maxRssKb":[1700,1700],"crc":"…"}
 *
 * Keys count on from `key`. `after` is when each ended, in milliseconds from `at`; `took` the milliseconds since it began. Whoever reads
 * the journal gets the events one by one, as they were recorded. Pure.
 */

import type { AttemptEnded, AttemptStarted, JobEvent } from "../../domain/events.js";

/** Fewer are as short in lines of their own, and easier to read. */
const LEAST = 4;
/** Bounds the length of a line, and what a torn one can take with it. */
const MOST = 1000;

type Completed = AttemptEnded & Required<Pick<AttemptEnded, "begunAt" | "usage">>;

/** How many events from that place on fit into one line; 0 if the first one needs a line of its own. */
export function batchLength(events: readonly JobEvent[], from: number): number {
  const first = events[from];
  if (first === undefined || (first.type !== "attempt-started" && first.type !== "attempt-ended")) return 0;
  const fits = first.type === "attempt-started" ? startsLike(first) : endsLike(first);
  let length = 0;
  while (length < MOST && from + length < events.length && fits(events[from + length]!, length)) length += 1;
  return length < LEAST ? 0 : length;
}

function startsLike({ at, attempt, claim, key, queued }: AttemptStarted): (event: JobEvent, place: number) => boolean {
  return (event, place) =>
    event.type === "attempt-started" &&
    event.at === at &&
    event.attempt === attempt &&
    event.claim === claim &&
    event.key === key + place &&
    event.queued === queued &&
    event.takes === undefined &&
    event.gpus === undefined &&
    event.ranOn === undefined;
}

function endsLike({ attempt }: AttemptEnded): (event: JobEvent) => boolean {
  return (event) => event.type === "attempt-ended" && event.attempt === attempt && isCompleted(event);
}

function isCompleted({ outcome, status, error, retryAt, begunAt, usage }: AttemptEnded): boolean {
  return (
    status === "completed" &&
    outcome.kind === "exited" &&
    outcome.exitCode === 0 &&
    outcome.stopped === undefined &&
    error === null &&
    retryAt === null &&
    usage !== undefined &&
    begunAt !== undefined
  );
}

/** So many events, of which `batchLength` has said that they fit: type and columns. */
export function batchText(events: readonly JobEvent[], from: number, length: number): string {
  const batch = events.slice(from, from + length);
  return batch[0]!.type === "attempt-started" ? startsText(batch as AttemptStarted[]) : endsText(batch as Completed[]);
}

function startsText(starts: readonly AttemptStarted[]): string {
  const { attempt, claim, key, queued } = starts[0]!;
  const waits = queued === undefined ? "" : ',"queued":true';
  return `"type":"attempts-started","attempt":${attempt},"claim":"${claim}","key":${key}${waits},"tasks":${tasksText(starts)}`;
}

function endsText(ends: readonly Completed[]): string {
  const at = Math.floor(ends[0]!.at);
  let [after, took, user, system, rss] = ["", "", "", "", ""];
  for (const end of ends) {
    const endedAt = Math.floor(end.at);
    after += `,${endedAt - at}`;
    took += `,${endedAt - end.begunAt}`;
    user += `,${end.usage.userMs}`;
    system += `,${end.usage.systemMs}`;
    rss += `,${end.usage.maxRssKb}`;
  }
  return (
    `"type":"attempts-completed","attempt":${ends[0]!.attempt},"tasks":${tasksText(ends)},"after":[${after.slice(1)}],` +
    `"took":[${took.slice(1)}],"userMs":[${user.slice(1)}],"systemMs":[${system.slice(1)}],"maxRssKb":[${rss.slice(1)}]`
  );
}

function tasksText(events: readonly { readonly task: string }[]): string {
  let text = "";
  for (const { task } of events) text += `,${JSON.stringify(task)}`;
  return `[${text.slice(1)}]`;
}

/** The events of such a line, whose checksum has proved that we wrote it; null if it is none. */
export function batchEvents(raw: Readonly<Record<string, unknown>>): JobEvent[] | null {
  if (raw["type"] === "attempts-started") return startsOf(raw as unknown as StartsLine);
  if (raw["type"] === "attempts-completed") return endsOf(raw as unknown as EndsLine);
  return null;
}

interface StartsLine extends Omit<AttemptStarted, "type" | "task"> {
  readonly tasks: readonly string[];
}

function startsOf({ at, attempt, claim, key, queued, tasks }: StartsLine): JobEvent[] {
  const waits = queued === undefined ? {} : { queued };
  return tasks.map((task, place) => ({ type: "attempt-started", at, task, attempt, claim, key: key + place, ...waits }));
}

interface EndsLine extends Pick<AttemptEnded, "at" | "attempt"> {
  readonly tasks: readonly string[];
  readonly after: readonly number[];
  readonly took: readonly number[];
  readonly userMs: readonly number[];
  readonly systemMs: readonly number[];
  readonly maxRssKb: readonly number[];
}

function endsOf({ at: from, attempt, tasks, after, took, userMs, systemMs, maxRssKb }: EndsLine): JobEvent[] {
  return tasks.map((task, place): JobEvent => {
    const at = from + after[place]!;
    const usage = { userMs: userMs[place]!, systemMs: systemMs[place]!, maxRssKb: maxRssKb[place]! };
    const outcome = { kind: "exited", exitCode: 0 } as const;
    const begunAt = at - took[place]!;
    return { type: "attempt-ended", at, task, attempt, outcome, begunAt, usage, status: "completed", error: null, retryAt: null };
  });
}
