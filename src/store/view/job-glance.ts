/**
 * A glance at a directory in `jobs/`, for a manager that watches thousands of them: is there anything to take up? Two stats, and one
 * small read unless it is known already. No lock, nothing changed; what it takes for ready is looked at closely by whoever takes it up.
 */

import type { Stats } from "node:fs";
import { join } from "node:path";
import type { JobTaken } from "../../domain/events.js";
import { decodeLine } from "../journal/journal-format.js";
import { jobPaths, jobsDir, type JobPaths } from "../layout.js";
import { checkJobName } from "../names.js";
import { ourUser } from "../../system/write/private-directory.js";
import { hasLateState, stampOf } from "../directory/rejection.js";
import type { StateEntries } from "../text/state-keys.js";
import { certain, yes } from "../../system/look/look.js";
import { ifReadable, withFile } from "../../system/read/open-file.js";
import { lookAt } from "../../system/look/path-look.js";
import { readPiece } from "../../system/read/read-open.js";
import { lookAtState } from "../runs/state-file.js";

export interface Glance {
  /**
   * `ready`: to be taken up. `waiting`: something is missing, which may come. `unsettled`: a file can't be read or was taken away, as when
   * somebody is still writing or removing. `ended`, `owned` (an unfinished job of a `run` or `map`), `refused` (can't be a job at all), `gone`: nothing to do.
   */
  readonly kind: "ready" | "waiting" | "unsettled" | "ended" | "owned" | "refused" | "gone";
  /** What it waits for, or why it is refused; empty if there is nothing to say. */
  readonly reason: string;
  /** True if there is a journal of a manager's: then the job can be taken up even if its state.json can't be read. */
  readonly isKnown: boolean;
  /** True if a manager has taken it up before and it has not ended: what keeps it from being taken up now is no verdict on it. */
  readonly isUnfinished: boolean;
  /** True if tasks of it may run that an earlier manager started. Never false of one that has any, unless its state.json can't be read. */
  readonly mayRun: boolean;
  /** Tells whether anything was written since. */
  readonly fingerprint: string;
  /** Tells its tasks.json from a later one; null if there is none. */
  readonly tasks: string | null;
}

/** Enough for the blanks behind a list. */
const TAIL_BYTES = 256;
/** The first line of a journal is the job's own, without its tasks; what its `env` holds may make it long. */
const [HEAD_BYTES, MOST_HEAD_BYTES] = [64 * 1024, 16 * 1024 * 1024];

/** What is there, before anything is read. */
interface Entry {
  readonly directory: Stats | null;
  readonly state: Stats | null;
  readonly tasks: Stats | null;
}

/** What tells whether a job's files were written since. Null if nothing is there. */
export function fingerprintOf(base: string, name: string): string | null {
  return fingerprint(statsOf(jobPaths(join(jobsDir(base), name))));
}

/** Throws the system's error if that can't be told now. */
function statsOf({ dir, state, tasks }: JobPaths): Entry {
  const directory = statOf(dir);
  // What is in anything else is none of ours, and may be closed to us.
  const isOurs = directory !== null && directory.isDirectory() && directory.uid === ourUser(directory);
  return { directory, state: isOurs ? statOf(state) : null, tasks: isOurs ? statOf(tasks) : null };
}

function fingerprint({ directory, state, tasks }: Entry): string | null {
  return directory === null ? null : `${directory.ino}:${directory.uid} ${inShort(state)} ${inShort(tasks)}`;
}

/** Throws the system's error if that can't be told now. */
export function glanceAt(base: string, name: string): Glance {
  const paths = jobPaths(join(jobsDir(base), name));
  const entry = statsOf(paths);
  const { directory } = entry;
  if (directory === null) return { ...judgement("gone"), fingerprint: "", tasks: null };
  const refusal = whyRefused(name, directory, ourUser(directory));
  const judged = refusal === null ? judge(paths, entry.state, entry.tasks) : judgement("refused", refusal);
  return { fingerprint: fingerprint(entry) ?? "", tasks: entry.tasks === null ? null : stampOf(entry.tasks), ...judged };
}

type Judgement = Omit<Glance, "fingerprint" | "tasks">;

function judgement(kind: Glance["kind"], reason = "", isKnown = false, isUnfinished = false, mayRun = false): Judgement {
  return { kind, reason, isKnown, isUnfinished, mayRun };
}

/** Why an entry of `jobs/` can't be a job of this user, whatever is in it; null if it can. */
export function whyRefused(name: string, stats: Stats, user: number): string | null {
  const problem = checkJobName(name, { dropped: true });
  if (problem !== null) return problem;
  if (!stats.isDirectory()) return "it is a link or a file, expected a directory";
  return stats.uid === user ? null : `it belongs to user ${stats.uid}, expected a directory of user ${user}`;
}

function judge(paths: JobPaths, stateStats: Stats | null, tasksStats: Stats | null): Judgement {
  const state = stateStats === null ? null : (ifReadable(lookAtState(paths.state))?.state ?? null);
  if (stateStats !== null && state !== null && hasEnded(paths, state, stateStats, tasksStats)) return judgement("ended");
  const owner = state?.owner ?? null;
  if (owner === "run" || owner === "map") return judgement("owned");
  const journalOwner = readJobTaken(paths.journal)?.owner ?? null;
  const isKnown = journalOwner === "manager";
  if (state === null) {
    if (journalOwner !== null && !isKnown) return judgement("owned");
    if (stateStats !== null) return judgement("unsettled", "state.json is not whole JSON", isKnown);
    return judgement(isKnown ? "unsettled" : "waiting", "state.json is not there yet", isKnown);
  }
  const isUnfinished = owner === "manager" && (state.state === "waiting" || state.state === "working");
  // Without a file that we wrote the directory is being removed, or written again: who takes it up then makes files there anew.
  if (journalOwner !== null && tasksStats === null) return judgement("unsettled", "tasks.json is not there", true, isUnfinished);
  if (tasksStats === null) return judgement("waiting", "tasks.json is not there yet");
  const mayRun =
    journalOwner !== null && (!isUnfinished || (state.counts?.running ?? 1) > 0 || isAsNew(paths.journal, stateStats));
  if (journalOwner !== null || endsLikeAList(paths.tasks, tasksStats)) return judgement("ready", "", false, isUnfinished, mayRun);
  return judgement("unsettled", "tasks.json is not whole JSON", false, isUnfinished);
}

/** Jobs without an owner are another program's, or were dropped as they are: they have to be taken in once. */
function hasEnded(
  paths: JobPaths,
  { owner, state, rejected_file: rejected, rejected_stamp: stamp = null }: StateEntries,
  stateStats: Stats,
  tasksStats: Stats | null,
): boolean {
  if (typeof owner !== "string" || (state !== "completed" && state !== "failed" && state !== "cancelled")) return false;
  if (rejected === "state.json") return !hasLateState(paths);
  if (rejected === "tasks.json" && stamp !== null) return tasksStats === null || stamp === stampOf(tasksStats);
  return owner !== "manager" || tasksStats === null || tasksStats.mtimeMs <= stateStats.mtimeMs;
}

/** Null without a journal, or if its first line is not whole. */
export function readJobTaken(journal: string): JobTaken | null {
  let [head, end] = [null as Buffer | null, -1];
  for (let bytes = HEAD_BYTES; end < 0 && bytes <= MOST_HEAD_BYTES; bytes *= 16) {
    head = readAt(journal, 0, bytes);
    end = head?.indexOf("\n") ?? -1;
    if ((head?.length ?? 0) < bytes) break;
  }
  if (head === null || end < 0) return null;
  const line = decodeLine(head.subarray(0, end));
  return line.kind === "event" && line.event.type === "job-taken" ? line.event : null;
}

/** What has begun since the state was written is in the journal alone. */
function isAsNew(journal: string, state: Stats | null): boolean {
  return state === null || (statOf(journal)?.mtimeMs ?? 0) >= state.mtimeMs;
}

/** What does not can't be whole; what does may be: spares reading a file that is being written again and again. */
function endsLikeAList(path: string, { size }: Stats): boolean {
  const tail = readAt(path, Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
  return tail === null || tail.toString("latin1").trimEnd().endsWith("]");
}

/** Null if it is no regular file, or may not be read: the one who takes the job up will say why. */
function readAt(path: string, position: number, length: number): Buffer | null {
  return ifReadable(withFile(path, (fd) => yes(readPiece(fd, position, length))));
}

/** Null if there is none. Throws the system's error if that can't be told now. */
function statOf(path: string): Stats | null {
  return certain(lookAt(path));
}

function inShort(stats: Stats | null): string {
  return stats === null ? "-" : `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}
