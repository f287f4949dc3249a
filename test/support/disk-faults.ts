/** Every way in which the disk can refuse, once or for good, as rounds that the tests and the soak run. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, Engine, failureOf, isUnfinished, warningsOf, type EngineEnd } from "./engine.js";
import { FAULT_MET, type Fault, type FaultCall } from "./fault-plan.js";
import { judgeRun, tornFiles } from "./judge-run.js";
import { areGone } from "./processes.js";
import type { ExpectedTask } from "./random-job.js";
import { clearPlace, makePlace } from "./temporary-directory.js";
import { witnessed } from "./witness.js";

export interface DiskFault {
  readonly name: string;
  /** How, as in fault-plan.ts. Default: `fail`. */
  readonly kind?: "short" | "forget";
  readonly call: FaultCall;
  readonly path: string;
  readonly nth: number;
  readonly code: string;
  /** Where it meets the engine: `start` is refused at once, `run` is waited out. */
  readonly when: "start" | "run";
  /** True if a person must be told. A snapshot that is made again a moment later is nobody's concern. */
  readonly isTold: boolean;
}

const start = { when: "start", isTold: false, nth: 1 } as const;
const run = { when: "run", isTold: true } as const;
const quiet = { when: "run", isTold: false } as const;

export const DISK_FAULTS: readonly DiskFault[] = [
  { name: "lock can't be opened", call: "openSync", path: "/lock", code: "EACCES", ...start },
  { name: "lock can't be written", call: "writeSync", path: "/lock", code: "ENOSPC", ...start },
  { name: "directory of the job can't be made", call: "mkdirSync", path: "/jobs/disk", code: "EROFS", ...start },
  { name: "directory of logs can't be made", call: "mkdirSync", path: "/logs", code: "ENOSPC", ...start },
  { name: "directory of lanes can't be made", call: "mkdirSync", path: "/lanes", code: "EACCES", ...start },
  { name: "new journal can't be opened", call: "openSync", path: "/journal.ndjson.tmp", code: "EROFS", ...start },
  { name: "new journal can't be written", call: "writeSync", path: "/journal.ndjson.tmp", code: "ENOSPC", ...start },
  { name: "new journal can't be synced", call: "fdatasync", path: "/journal.ndjson.tmp", code: "EIO", ...start },
  { name: "new journal can't be put in place", call: "renameSync", path: "/journal.ndjson", code: "EIO", ...start },
  { name: "directory can't be synced", call: "sync", path: "/jobs/disk", code: "EIO", ...start },
  { name: "start can't be journaled", call: "writeSync", path: "/journal.ndjson", nth: 1, code: "ENOSPC", ...run },
  { name: "start can't be journaled, quota", call: "writeSync", path: "/journal.ndjson", nth: 1, code: "EDQUOT", ...run },
  { name: "end can't be journaled", call: "writeSync", path: "/journal.ndjson", nth: 2, code: "EIO", ...run },
  { name: "journal is written short", kind: "short", call: "writeSync", path: "/journal.ndjson", nth: 2, code: "ENOSPC", ...run },
  // The first sync is that of the new journal; after a failed one another file is synced in its place.
  { name: "journal can't be synced", call: "fdatasync", path: "", nth: 2, code: "EIO", ...run },
  { name: "journal can't be synced and is forgotten", kind: "forget", call: "fdatasync", path: "", nth: 2, code: "EIO", ...run },
  { name: "snapshot of the tasks can't be opened", call: "open", path: "/tasks.json.tmp", nth: 1, code: "EACCES", ...quiet },
  { name: "snapshot of the state can't be opened", call: "openSync", path: "/state.json.tmp", nth: 2, code: "EROFS", ...quiet },
  { name: "snapshot of the tasks can't be written", call: "writev", path: "/tasks.json.tmp", nth: 2, code: "ENOSPC", ...quiet },
  { name: "snapshot of the state can't be synced", call: "datasync", path: "/state.json.tmp", nth: 1, code: "EIO", ...run },
  { name: "snapshot of the tasks can't be put in place", call: "renameSync", path: "/tasks.json", nth: 2, code: "EIO", ...quiet },
  {
    name: "snapshot of the state can't be put in place",
    call: "renameSync",
    path: "/state.json",
    nth: 1,
    code: "EACCES",
    ...quiet,
  },
  { name: "spool can't be opened, too many are open", call: "openSync", path: ".spool", nth: 1, code: "EMFILE", ...quiet },
  { name: "spool can't be opened, no permission", call: "openSync", path: ".spool", nth: 1, code: "EACCES", ...quiet },
  { name: "spool can't be opened, input or output error", call: "openSync", path: ".spool", nth: 1, code: "EIO", ...quiet },
];

/** Those from which a later engine can go on. What a disk has forgotten for good nobody can. */
export const LASTING_FAULTS = DISK_FAULTS.filter(({ kind }) => kind !== "forget");

const NAME = "disk";
const EXPECTED: readonly ExpectedTask[] = [
  { id: "first", dependencies: [], status: "completed", attempts: 1 },
  { id: "left", dependencies: ["first"], status: "completed", attempts: 1 },
  { id: "right", dependencies: ["first"], status: "completed", attempts: 1 },
  { id: "last", dependencies: ["left", "right"], status: "completed", attempts: 1 },
];

/** What went against the promises. @param times how often the call fails; without it for good */
export async function diskRound(fault: DiskFault, times: number | undefined): Promise<string[]> {
  const { when, isTold } = fault;
  const place = makePlace();
  const { dir, witness } = place;
  const tasks = EXPECTED.map(({ id, dependencies }) => ({ id, dependencies, ...witnessed(witness, "sleep 0.05") }));
  const plan = planOf(fault, times);
  try {
    const end = await new Engine(dir, NAME, tasks, { faults: [plan], concurrency: 2, patienceMs: 500 }).ended;
    const violations = judgeEnd(end, when === "start" || times === undefined ? "gives up" : "goes on", when === "run" && isTold);
    if (!end.stderr.includes(FAULT_MET)) violations.push("the fault was not met");
    violations.push(...tornFiles(dir, NAME));
    if (end.code === 3) {
      const journal = join(dir, "jobs", NAME, "journal.ndjson");
      const takeUp = existsSync(journal) && !isUnfinished(dir, NAME);
      violations.push(...judgeEnd(await new Engine(dir, NAME, tasks, { concurrency: 2, takeUp }).ended, "goes on", false));
    }
    if (violations.length === 0) violations.push(...judgeRun(dir, NAME, witness, EXPECTED).violations);
    if (!(await areGone(dir))) violations.push("processes were left behind");
    return violations;
  } finally {
    clearPlace(place);
  }
}

function planOf(fault: DiskFault, times: number | undefined): Fault {
  const { kind, call, path, nth, code } = fault;
  const point = { call, path, nth };
  if (kind === "forget") return { kind, ...point, times: times ?? 1 };
  // Of a short write the second half fails: that is the failure that counts.
  if (kind === "short") return { kind, ...point, ...(times === undefined ? {} : { times: times + 1 }) };
  return { kind: "fail", ...point, code, ...(times === undefined ? {} : { times }) };
}

function judgeEnd(end: EngineEnd, wanted: "goes on" | "gives up", isTold: boolean): string[] {
  const failure = failureOf(end);
  const warnings = warningsOf(end);
  const violations: string[] = [];
  if (wanted === "goes on" && end.code !== 0) violations.push(`did not go on: ${describeEnd(end)}`);
  if (wanted === "gives up" && !(end.code === 3 && /^AIR_(DISK|SYSTEM|UNSAFE_PATH)$/.test(failure?.code ?? ""))) {
    violations.push(`did not give up with a code of ours: ${describeEnd(end)}`);
  }
  if (isTold && warnings.filter((message) => message.includes("can't be written")).length !== 1) {
    violations.push(`expected one message of the trouble: ${describeEnd(end)}`);
  }
  return violations;
}
