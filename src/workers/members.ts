/**
 * Which processes of a lane's group belong to one attempt. Others may live there: what an earlier task left behind must not be touched.
 *
 * A process tells by its environment, which children inherit. One without our variables belongs to whom its parent belongs to, else to
 * the attempt if it is no older. Where environments can't be read at all (macOS), age alone decides.
 */

import { isForbidden } from "../system/error-code.js";
import { certain, NO, unknown, yes, type Look } from "../system/look.js";
import { readArguments, readEnvironment, readProcess, readProcesses } from "../system/process-table.js";
import type { ProcessEntry } from "../system/process-table.js";

/** What every process of an attempt has in its environment. */
export interface AttemptIdentity {
  /** AIR_EXECUTOR_DIR. */
  readonly directory: string;
  readonly job: string;
  readonly task: string;
  readonly attempt: number;
}

/** Where an attempt's processes are to be found. */
export interface AttemptGroup {
  readonly identity: AttemptIdentity;
  /** Pid of the lane, and id of its group. */
  readonly lane: number;
  /** False once the lane is gone: then no process there is its child. */
  isLaneAlive: boolean;
  /** Whether the lane has come to this attempt: a child that it had before (`flock`, when it starts) is not the task. */
  readonly hasBegun: () => boolean;
  /** No process of the attempt is older (as `ProcessEntry.start`); null if only what its environment proves may count. */
  readonly earliestStart: number | null;
}

type Verdict = "ours" | "foreign";

export class Members {
  readonly #group: AttemptGroup;
  readonly #expected: ReadonlyMap<string, string>;
  /** What environments proved; by pid and start. */
  readonly #proved = new Map<string, Verdict>();

  constructor(group: AttemptGroup) {
    this.#group = group;
    this.#expected = variablesOf(group.identity);
  }

  /**
   * Of the processes in the lane's group (without zombies), those of the attempt and the others; the lane is neither.
   *
   * @throws the system's error if it can't be told now: who is not known to be ours must not be taken for another's.
   */
  sort(entries: readonly ProcessEntry[]): { ours: ProcessEntry[]; foreign: ProcessEntry[] } {
    const others = entries.filter((entry) => !this.#group.isLaneAlive || entry.pid !== this.#group.lane);
    const byPid = new Map(others.map((entry) => [entry.pid, entry]));
    const verdicts = new Map<number, Verdict>();
    const sorted = { ours: [] as ProcessEntry[], foreign: [] as ProcessEntry[] };
    // Parents are mostly older: in the order of age each finds its parent's verdict.
    for (const entry of others.sort((a, b) => a.start - b.start || a.pid - b.pid)) {
      const verdict = this.#judge(entry, byPid.has(entry.parent) ? verdicts.get(entry.parent) : undefined);
      verdicts.set(entry.pid, verdict);
      sorted[verdict].push(entry);
    }
    return sorted;
  }

  /** True if the lane's child is still the lane's image: a TERM would now be swallowed by the lane's handlers, which it shares. */
  isBeforeExec(entry: ProcessEntry): boolean {
    if (!this.#isLanesChild(entry)) return false;
    const own = readArguments(entry.pid);
    const lane = readArguments(this.#group.lane);
    return own.answer === "yes" && lane.answer === "yes" && own.found.join("\0") === lane.found.join("\0");
  }

  #isLanesChild(entry: ProcessEntry): boolean {
    return this.#group.isLaneAlive && entry.parent === this.#group.lane;
  }

  #judge(entry: ProcessEntry, parent: Verdict | undefined): Verdict {
    // A lane runs one task at a time and leftovers have lost their parent.
    if (this.#isLanesChild(entry)) return this.#group.hasBegun() ? "ours" : "foreign";
    const id = `${entry.pid}:${entry.start}`;
    const proof = this.#proved.get(id) ?? proofOf(entry.pid, this.#expected);
    if (proof !== undefined) {
      this.#proved.set(id, proof);
      return proof;
    }
    if (parent !== undefined) return parent;
    const { earliestStart } = this.#group;
    return earliestStart !== null && entry.start >= earliestStart ? "ours" : "foreign";
  }
}

/** Looks for an attempt among all processes, for when the record of its lane can't be read. Where environments can't be read, nobody knows. */
export function findGroup(identity: AttemptIdentity): Look<AttemptGroup> {
  const own = readEnvironment(process.pid);
  if (own.answer === "unknown") return own;
  const expected = variablesOf(identity);
  try {
    const isOurs = (pid: number): boolean => proofOf(pid, expected) === "ours";
    // The lane leads the group and is no part of the attempt; what leads a group of its own has left us.
    const found = certain(readProcesses()).find(({ pid, group }) => isOurs(pid) && !isOurs(group));
    if (found === undefined) return NO;
    const lane = certain(readProcess(found.group));
    const isLaneAlive = lane !== null && !lane.isZombie;
    return yes({ identity, lane: found.group, isLaneAlive, hasBegun: () => true, earliestStart: null });
  } catch (error) {
    return unknown(error);
  }
}

function variablesOf({ directory, job, task, attempt }: AttemptIdentity): ReadonlyMap<string, string> {
  return new Map([
    ["AIR_EXECUTOR_DIR", directory],
    ["AIR_EXECUTOR_JOB", job],
    ["AIR_EXECUTOR_TASK", task],
    ["AIR_EXECUTOR_ATTEMPT", String(attempt)],
  ]);
}

/** What the environment of a process says; undefined if it says nothing of an attempt. Throws if it can't be read just now. */
function proofOf(pid: number, expected: ReadonlyMap<string, string>): Verdict | undefined {
  const environment = readEnvironment(pid);
  if (environment.answer === "no") return undefined;
  // Of one that has become another user's nobody can read it, ever; and where there are no environments age alone decides.
  if (environment.answer === "unknown" && (isForbidden(environment.why) || process.platform !== "linux")) return undefined;
  let matching = 0;
  for (const variable of certain(environment) ?? []) {
    const end = variable.indexOf("=");
    const value = expected.get(variable.slice(0, end));
    if (value === undefined) continue;
    if (variable.slice(end + 1) !== value) return "foreign";
    matching += 1;
  }
  return matching === expected.size ? "ours" : undefined;
}
