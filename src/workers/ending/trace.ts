/**
 * By what the processes of an attempt are known, and who of all processes they are. Looks only; signals nobody.
 *
 * The mark is the best trace (native/PROTOCOL.md): no program sets or loses it. Where there is none, a process tells by its environment,
 * which children inherit, or by the group that the attempt's first process leads. Whoever descends from one of them is of the attempt too.
 */

import { isForbidden } from "../../system/error-code.js";
import { NO, yes, type Look, type Seen } from "../../system/look.js";
import { readEnvironment, readMarks, readProcesses, type ProcessEntry } from "../../system/process-table.js";

/** Whoever has lost its parent is a child of it: it must never pass for one of ours. */
const FIRST = 1;

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

/** Our variables in the environment of an attempt's processes. */
export function variablesOf(directory: string, job: string, task: string, attempt: number): string[] {
  return [
    `AIR_EXECUTOR_DIR=${directory}`,
    `AIR_EXECUTOR_JOB=${job}`,
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
  const all = readProcesses();
  if (all.answer === "unknown") return all;
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of all.found) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
  }
  const found = new Map(traces.map((trace) => [trace, new Map<number, ProcessEntry>()]));
  const untouchable = ancestorsOf(process.pid, all.found);
  const leaders = new Map(all.found.map((entry) => [entry.pid, entry.start]));
  for (const entry of all.found) {
    if (untouchable.has(entry.pid)) continue;
    const look = new LookAtOne(entry);
    for (const trace of traces) {
      const isOurs = isTraced(look, trace, leaders);
      if (isOurs.answer === "unknown") return isOurs;
      if (isOurs.answer === "yes") addWithDescendants(entry, children, untouchable, found.get(trace)!);
    }
  }
  return yes(new Map(traces.map((trace) => [trace, [...found.get(trace)!.values()]])));
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

function isTraced(look: LookAtOne, trace: Trace, starts: ReadonlyMap<number, number>): Look {
  const { entry } = look;
  if (trace.parent !== null && trace.parent > FIRST && entry.parent === trace.parent) return yes(true);
  const { leader } = trace;
  if (leader !== null && leader.pid > FIRST && entry.group === leader.pid && starts.get(leader.pid) === leader.start)
    return yes(true);
  if (trace.mark !== null) {
    const marks = look.marks();
    if (marks.answer === "unknown") return marks;
    return marks.answer === "yes" && marks.found.includes(trace.mark) ? yes(true) : NO;
  }
  if (trace.variables.length === 0) return NO;
  const environment = look.environment();
  if (environment.answer === "unknown") return environment;
  if (environment.answer === "no") return NO;
  return trace.variables.every((variable) => environment.found.includes(variable)) ? yes(true) : NO;
}

/** One process, of which nothing is read twice. */
class LookAtOne {
  readonly entry: ProcessEntry;
  #marks: Look<readonly bigint[]> | null = null;
  #environment: Look<readonly string[]> | null = null;

  constructor(entry: ProcessEntry) {
    this.entry = entry;
  }

  marks(): Look<readonly bigint[]> {
    this.#marks ??= readMarks(this.entry.pid);
    return this.#marks;
  }

  /** What is another user's for good tells nothing: no. */
  environment(): Look<readonly string[]> {
    this.#environment ??= readEnvironment(this.entry.pid);
    const look = this.#environment;
    return look.answer === "unknown" && isForbidden(look.why) ? NO : look;
  }
}
