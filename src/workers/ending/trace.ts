/**
 * By what the processes of an attempt are known, and who of all processes they are. Looks only; signals nobody.
 *
 * The mark is the best trace (native/PROTOCOL.md): no program sets or loses it. Where there is none, a process tells by its environment,
 * which children inherit, or by the group that the attempt's first process leads. Whoever descends from one of them is of the attempt too.
 */

import { isForbidden } from "../../system/look/error-code.js";
import { NO, unknown, yes, type Look, type Seen } from "../../system/look/look.js";
import { readEnvironment } from "../../system/process/environments.js";
import { readMarks, ProcessReading, type ProcessEntry } from "../../system/process/process-table.js";

/** Whoever has lost its parent is a child of it: it must never pass for one of ours. */
const FIRST = 1;
/** So often a look is gone on with where some are gone before they can be read. */
const MOST_ROUNDS = 8;

export interface Trace {
  /** What its processes bear as RLIMIT_LOCKS; null if they bear nothing. */
  readonly mark: bigint | null;
  /** Its first process, which leads a group, told apart by its start; null if it is not known. */
  readonly leader: { readonly pid: number; readonly start: number } | null;
  /** A process whose only child is the attempt; null if there is none. Itself it is not of it. */
  readonly parent: number | null;
  /** What its processes have in their environment unless they changed it; empty if that proves nothing. */
  readonly variables: readonly string[];
}

export const DIRECTORY_VARIABLE = "AIR_EXECUTOR_DIR=";
export const JOB_VARIABLE = "AIR_EXECUTOR_JOB=";

/** Our variables in the environment of an attempt's processes. */
export function variablesOf(directory: string, job: string, task: string, attempt: number): string[] {
  return [
    `${DIRECTORY_VARIABLE}${directory}`,
    `${JOB_VARIABLE}${job}`,
    `AIR_EXECUTOR_TASK=${task}`,
    `AIR_EXECUTOR_ATTEMPT=${attempt}`,
  ];
}

/**
 * The processes of each of the attempts, by one look at all there are. Zombies are nobody's.
 *
 * @returns unknown if somebody's could not be told: then nobody may be taken for gone.
 */
export function findProcesses(traces: readonly Trace[]): Seen<Map<Trace, ProcessEntry[]>> {
  const looks = new Map<number, LookAtOne>();
  const reading = new ProcessReading((pid) => looks.set(pid, new LookAtOne(pid, traces)));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const isWhole = reading.readOn();
    if (isWhole.answer === "unknown") return isWhole;
    const found = assign(reading.entries, looks, traces);
    // Who is there is there; that nobody is takes a round that has missed nobody.
    if (found.answer === "unknown" || isWhole.found || [...found.found.values()].every(({ length }) => length > 0)) return found;
  }
  return unknown(tooFast());
}

/** It passes, as a want of handles does. */
function tooFast(): Error {
  return Object.assign(new Error("processes come and go faster than they can be read"), { code: "EAGAIN" });
}

/** The oldest first: a shell that loses what it waits for before it hears of the end itself goes on with its next command. */
function byAge(one: ProcessEntry, other: ProcessEntry): number {
  return one.start - other.start || one.pid - other.pid;
}

function assign(
  entries: readonly ProcessEntry[],
  looks: ReadonlyMap<number, LookAtOne>,
  traces: readonly Trace[],
): Seen<Map<Trace, ProcessEntry[]>> {
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of entries) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
  }
  const found = new Map(traces.map((trace) => [trace, new Map<number, ProcessEntry>()]));
  const untouchable = ancestorsOf(process.pid, entries);
  const leaders = new Map(entries.map((entry) => [entry.pid, entry.start]));
  for (const entry of entries) {
    if (untouchable.has(entry.pid)) continue;
    const look = looks.get(entry.pid)!;
    for (const trace of traces) {
      const isOurs = isTraced(entry, look, trace, leaders);
      if (isOurs.answer === "unknown") return isOurs;
      if (isOurs.answer === "yes") addWithDescendants(entry, children, untouchable, found.get(trace)!);
    }
  }
  return yes(new Map(traces.map((trace) => [trace, [...found.get(trace)!.values()].toSorted(byAge)])));
}

/** We and all above us, up to the first process of the machine: whatever the traces say, an attempt of ours is none of them. */
function ancestorsOf(pid: number, all: readonly ProcessEntry[]): ReadonlySet<number> {
  const parents = new Map(all.map((entry) => [entry.pid, entry.parent]));
  const ancestors = new Set([0, FIRST]);
  for (let next: number | undefined = pid; next !== undefined && !ancestors.has(next); next = parents.get(next))
    ancestors.add(next);
  return ancestors;
}

function addWithDescendants(
  entry: ProcessEntry,
  children: ReadonlyMap<number, readonly ProcessEntry[]>,
  untouchable: ReadonlySet<number>,
  into: Map<number, ProcessEntry>,
): void {
  const waiting = [entry];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (into.has(next.pid) || untouchable.has(next.pid)) continue;
    into.set(next.pid, next);
    waiting.push(...(children.get(next.pid) ?? []));
  }
}

function isTraced(entry: ProcessEntry, look: LookAtOne, trace: Trace, starts: ReadonlyMap<number, number>): Look {
  if (trace.parent !== null && trace.parent > FIRST && entry.parent === trace.parent) return yes(true);
  const { leader } = trace;
  if (leader !== null && leader.pid > FIRST && entry.group === leader.pid && starts.get(leader.pid) === leader.start)
    return yes(true);
  if (trace.mark !== null) {
    const { marks } = look;
    if (marks.answer === "unknown") return marks;
    return marks.answer === "yes" && marks.found.includes(trace.mark) ? yes(true) : NO;
  }
  if (trace.variables.length === 0) return NO;
  const { environment } = look;
  if (environment.answer === "unknown") return environment;
  if (environment.answer === "no") return NO;
  return trace.variables.every((variable) => environment.found.includes(variable)) ? yes(true) : NO;
}

/** What else is to be known of one process, as far as any of the traces asks for it. */
class LookAtOne {
  readonly marks: Look<readonly bigint[]>;
  readonly environment: Look<readonly string[]>;

  constructor(pid: number, traces: readonly Trace[]) {
    this.marks = traces.some(({ mark }) => mark !== null) ? readMarks(pid) : NO;
    this.environment = traces.some(asksForEnvironment) ? environmentOf(pid) : NO;
  }
}

function asksForEnvironment({ mark, variables }: Trace): boolean {
  return mark === null && variables.length > 0;
}

/** What is another user's for good tells nothing: no. */
function environmentOf(pid: number): Look<readonly string[]> {
  const look = readEnvironment(pid);
  return look.answer === "unknown" && isForbidden(look.why) ? NO : look;
}
