/**
 * The format of `journal.ndjson`: one event a line, or many that are alike, JSON, UTF-8.
 *
 *     {"seq":7,"at":"2026-01-31T12:00:00.000Z","type":"attempt-started","task":"merge",…,"crc":"0f3a9c21"}
 *
 * - `seq` counts from 1 without gaps; a compacted journal starts again at 1.
 * - `crc` is the CRC-32 of the line's bytes before `,"crc"`, eight hex digits: it tells a whole line from a torn or altered one.
 * - The first line is a `job-taken` with `"format":4`. Any change that an older reader would misread raises that number.
 * - Many attempts that started or completed together share a line (batch-lines.ts), in a journal that says format 3 or more.
 * - Tasks stand in `tasks-added` in the form of task-line.ts, so a journal alone is enough to know the whole job.
 *
 * The road not taken: a binary record format would be half the size, but a journal that `grep` and `jq` can read has
 * saved more users than the bytes cost.
 *
 * Pure: it opens no file.
 */

import { crc32 } from "node:zlib";
import { impossible } from "../../domain/errors.js";
import type { HistoryRestored, JobEvent } from "../../domain/events.js";
import type { AttemptHistory } from "../../domain/history.js";
import type { JobSettings } from "../../domain/job.js";
import { DEFAULT_RESOURCES } from "../../domain/resources.js";
import type { Outcome, Usage } from "../../domain/outcome.js";
import type { TaskRecord } from "../../domain/task.js";
import { batchEvents, batchText } from "./batch-lines.js";
import { isKnownEvent } from "./event-formats.js";
import type { DiskTask } from "../text/task-keys.js";
import { FORMAT_VERSION } from "../layout.js";
import { toJobOptions } from "../text/job-options.js";
import { specFromJson, specText } from "../text/task-line.js";
import { formatTimestamp } from "../text/timestamp.js";
import { keepNumbers, withNumbers } from "../text/exact-numbers.js";

const IF_ABSENT = { endedAt: null, outcome: null, error: null, takes: DEFAULT_RESOURCES, usage: null, ranOn: null } as const;

const LINE_START = /^\{"seq":(\d+),"at":"([^"]+)",/;
const CRC_HEAD = ',"crc":"';
/** Length of `,"crc":"xxxxxxxx"}`. */
const CRC_TAIL_LENGTH = CRC_HEAD.length + 8 + 2;

/** A line with its newline. */
export function encodeEvent(seq: number, event: JobEvent): string {
  return withCrc(encodeHead(seq, event));
}

/** One line for so many events, of which batch-lines.ts has said that they fit. */
export function encodeBatch(seq: number, events: readonly JobEvent[], from: number, length: number): string {
  return withCrc(`${startOf(seq, events[from]!)}${batchText(events, from, length)}`);
}

function withCrc(head: string): string {
  return `${head}${CRC_HEAD}${hex8(crc32(head))}"}\n`;
}

function startOf(seq: number, { at }: JobEvent): string {
  return `{"seq":${seq},"at":"${formatTimestamp(at)}",`;
}

function encodeHead(seq: number, event: JobEvent): string {
  const start = `${startOf(seq, event)}"type":"${event.type}"`;
  switch (event.type) {
    // The two events of every task, written out: generic serialisation costs several times as much.
    case "attempt-started":
      return (
        `${start},"task":${JSON.stringify(event.task)},"attempt":${event.attempt},"claim":"${event.claim}","key":${event.key}` +
        (event.takes === undefined ? "" : `,"takes":${JSON.stringify(event.takes)}`) +
        (event.gpus === undefined ? "" : `,"gpus":${JSON.stringify(event.gpus)}`) +
        (event.ranOn === undefined ? "" : `,"ranOn":${JSON.stringify(event.ranOn)}`) +
        (event.queued === undefined ? "" : `,"queued":true`)
      );
    case "attempt-ended": {
      const { begunAt, usage } = event;
      const optional =
        (begunAt === undefined ? "" : `,"begunAt":${begunAt}`) +
        (usage === undefined ? "" : `,"usage":${usageText(usage)}`) +
        (event.error === null ? "" : `,"error":${JSON.stringify(event.error)}`) +
        (event.retryAt === null ? "" : `,"retryAt":${event.retryAt}`);
      const task = JSON.stringify(event.task);
      return `${start},"task":${task},"attempt":${event.attempt},"outcome":${outcomeText(event.outcome)},"status":"${event.status}"${optional}`;
    }
    case "tasks-added":
      return `${start},"tasks":[${event.tasks.map(specText).join(",")}]`;
    case "tasks-reset":
      return `${start},"tasks":${JSON.stringify(event.tasks)},"edited":[${event.edited.map(specText).join(",")}]`;
    case "edits-ignored":
      return `${start},"edited":[${event.edited.map(specText).join(",")}],"notes":${JSON.stringify(event.notes)}`;
    case "history-restored":
      return withRest(start, inShort(event));
    case "job-taken":
      return withNumbers(withRest(`${start},"format":${FORMAT_VERSION}`, event));
    case "records-restored":
    case "job-restored":
    case "settings-changed":
    case "job-taken-up":
    case "attempt-begun":
    case "attempt-stopping":
    case "attempt-outlived":
    case "held-back":
    case "task-ended":
    case "job-cancelling":
    case "job-interrupted":
    case "job-ended":
      return withRest(start, event);
    default:
      return impossible(event);
  }
}

function outcomeText(outcome: Outcome): string {
  return outcome.kind === "exited" && outcome.stopped === undefined
    ? `{"kind":"exited","exitCode":${outcome.exitCode}}`
    : JSON.stringify(outcome);
}

function usageText({ userMs, systemMs, maxRssKb }: Usage): string {
  return `{"userMs":${userMs},"systemMs":${systemMs},"maxRssKb":${maxRssKb}}`;
}

/** There are many attempts in it, and most have no error and take one cpu. */
function inShort({ attempts, ...rest }: HistoryRestored): object & Pick<HistoryRestored, "type" | "at"> {
  const short = (attempt: AttemptHistory): object =>
    Object.fromEntries(Object.entries(attempt).filter(([, value]) => value !== null && value !== DEFAULT_RESOURCES));
  return Object.assign(rest, { attempts: attempts.map(([task, each]) => [task, each.map(short)]) });
}

function withRest(start: string, event: object & Pick<JobEvent, "type" | "at">): string {
  const { type: _type, at: _at, ...rest } = event;
  const body = JSON.stringify(rest);
  return body === "{}" ? start : `${start},${body.slice(1, -1)}`;
}

/** What a line turned out to be. */
export type DecodedLine =
  | { readonly kind: "event"; readonly seq: number; readonly event: JobEvent }
  | { readonly kind: "events"; readonly seq: number; readonly events: readonly JobEvent[] }
  /** Not a whole line of ours: torn or altered. */
  | { readonly kind: "bad"; readonly reason: string }
  /** Written by a newer version: what it has that this one doesn't know. */
  | { readonly kind: "too-new"; readonly what: string };

/** Reads one line, without its newline. */
export function decodeLine(line: Buffer): DecodedLine {
  const headLength = line.length - CRC_TAIL_LENGTH;
  if (headLength < 2) return { kind: "bad", reason: "too short" };
  const tail = line.toString("latin1", headLength);
  const crc = tail.slice(CRC_HEAD.length, -2);
  if (!tail.startsWith(CRC_HEAD) || !tail.endsWith('"}')) return { kind: "bad", reason: "no checksum" };
  if (crc !== hex8(crc32(line.subarray(0, headLength)))) return { kind: "bad", reason: "checksum does not match" };
  const text = line.toString("utf8", 0, headLength);
  const [start, seq, at] = LINE_START.exec(text) ?? [];
  if (start === undefined || at === undefined) return { kind: "bad", reason: "no number and time" };
  // Only the rest: taking keys out of an object that was parsed would cost as much as parsing it.
  const rest = `{${text.slice(start.length)}}`;
  const raw = JSON.parse(rest) as Record<string, unknown>;
  keepNumbersIn(rest, raw);
  raw["at"] = Date.parse(at);
  const { format } = raw;
  if (typeof format === "number" && format > FORMAT_VERSION) return { kind: "too-new", what: `format ${format}` };
  const events = batchEvents(raw);
  if (events !== null) return { kind: "events", seq: Number(seq), events };
  if (!isKnownEvent(raw["type"])) return { kind: "too-new", what: `an event ${JSON.stringify(raw["type"])}` };
  return { kind: "event", seq: Number(seq), event: revive(raw) };
}

/** The format of a journal, by its first line. */
export function formatOf(line: Buffer): number {
  return Number(/"format":(\d+)/.exec(line.toString("latin1", 0, 200))?.[1] ?? 1);
}

/** Of the keys that others wrote into a job or its tasks. */
function keepNumbersIn(text: string, raw: Record<string, unknown>): void {
  switch (raw["type"]) {
    case "job-taken":
      return keepNumbers(text, raw, (key) => key !== "extra");
    case "tasks-added":
    case "tasks-reset":
    case "edits-ignored":
      return keepNumbers(text, raw, (key) => key !== "tasks" && key !== "edited");
  }
}

/** The checksum has proved that we wrote the line, so its shape is trusted. */
function revive(raw: Record<string, unknown>): JobEvent {
  if (raw["type"] === "job-taken") {
    delete raw["format"];
    // An older version may not have known all options of a job.
    raw["settings"] = { ...toJobOptions({}), ...(raw["settings"] as JobSettings) };
  }
  if (raw["type"] === "tasks-added") raw["tasks"] = (raw["tasks"] as DiskTask[]).map(specFromJson);
  if (raw["type"] === "tasks-reset") raw["edited"] = (raw["edited"] as DiskTask[]).map(specFromJson);
  if (raw["type"] === "edits-ignored") raw["edited"] = ((raw["edited"] ?? []) as DiskTask[]).map(specFromJson);
  // As format 1 calls it.
  if (raw["type"] === "attempt-started") raw["claim"] ??= raw["spool"];
  if (raw["type"] === "attempt-ended") {
    raw["error"] ??= null;
    raw["retryAt"] ??= null;
  }
  if (raw["type"] === "records-restored")
    for (const [, record] of raw["records"] as [string, TaskRecord][]) {
      record.ranOn ??= null;
      record.left ??= null;
    }
  if (raw["type"] === "history-restored") {
    for (const [, attempts] of raw["attempts"] as [string, object[]][]) {
      attempts.forEach((attempt, place) => (attempts[place] = { ...IF_ABSENT, ...attempt }));
    }
  }
  return raw as unknown as JobEvent;
}

const HEX2 = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** By table: twenty times as fast as `toString(16)` with padding, and each line of the journal has one. */
function hex8(value: number): string {
  return `${HEX2[value >>> 24]}${HEX2[(value >>> 16) & 255]}${HEX2[(value >>> 8) & 255]}${HEX2[value & 255]}`;
}
