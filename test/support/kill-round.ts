/** One round of the kill sweep: a random job, killed again and again at random instants and at named calls, until it is done; then judged. */

import { setTimeout as delay } from "node:timers/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, Engine, isUnfinished } from "./engine.js";
import type { Fault, FaultCall } from "./fault-plan.js";
import { judgeRun, tornFiles, type RunVerdict } from "./judge-run.js";
import { areGone, busyRunnersOf, signal } from "./processes.js";
import { randomJob, randomSwarm } from "./random-job.js";
import { SeededRandom } from "./seeded-random.js";
import { clearPlace, makePlace } from "./temporary-directory.js";

/** Who dies. Only where runners die may an attempt be lost. */
export type Victim = "engine" | "runner" | "engine and runners";

export interface KillRound extends RunVerdict {
  readonly kills: number;
  /** The calls at which an engine died, as `before writeSync`. */
  readonly points: readonly string[];
  readonly tornReads: number;
}

/** The calls, and up to the how manieth of its kind a short run comes. */
const POINTS: readonly (readonly [call: FaultCall, most: number])[] = [
  ["writeSync", 14],
  ["renameSync", 5],
  ["fdatasync", 2],
  ["openSync", 6],
  ["open", 5],
  ["writev", 5],
  ["datasync", 2],
  ["mkdirSync", 3],
  ["rmSync", 4],
  ["spawn", 4],
  ["postMessage", 12],
  ["socketWrite", 12],
];

/** No more than a task may be lost. */
const MOST_KILLS = 3;
const NAME = "sweep";

export async function killRound(seed: number, victim: Victim, mostKills = MOST_KILLS): Promise<KillRound> {
  const random = new SeededRandom(seed);
  const place = makePlace();
  const { dir, witness } = place;
  const { tasks, expected } = random.chance(0.4)
    ? randomSwarm(random, place, random.between(40, 160))
    : randomJob(random, witness, random.between(4, 10));
  const points: string[] = [];
  let tornReads = 0;
  let kills = 0;
  try {
    for (;;) {
      const isLast = kills >= mostKills;
      const point = !isLast && victim === "engine" ? randomPoint(random) : null;
      const takeUp = mustTakeUp(dir) || (isUnfinished(dir, NAME) && random.chance(0.5));
      const engine = new Engine(dir, NAME, tasks, { faults: point === null ? [] : [point], takeUp });
      let wasKilled = false;
      const timer = new AbortController();
      if (!isLast && (point === null || random.chance(0.5))) {
        momentFor(victim, dir, random, timer.signal).then(
          () => {
            wasKilled = true;
            kill(victim, engine, dir);
          },
          // The engine was faster.
          () => {},
        );
      }
      const end = await engine.ended;
      timer.abort();
      tornReads += tornFiles(dir, NAME).length;
      if (wasKilled) kills += 1;
      if (end.signal === "SIGKILL") {
        if (wasKilled) continue;
        kills += 1;
        points.push(describePoint(point));
        continue;
      }
      if (end.code === 0 || end.code === 1) break;
      return { violations: [describeEnd(end)], lostAttempts: 0, runTwice: 0, kills, points, tornReads };
    }
    const verdict = judgeRun(dir, NAME, witness, expected);
    const violations = [...verdict.violations];
    if (verdict.lostAttempts > 0 && victim === "engine")
      violations.push(`${verdict.lostAttempts} attempts lost although no runner died`);
    if (!(await areGone(dir))) violations.push("processes were left behind");
    return { ...verdict, violations, kills, points, tornReads };
  } finally {
    clearPlace(place);
  }
}

/** Any instant, or, for a runner, one at which it runs a task. Rejects when the engine has ended before. */
async function momentFor(victim: Victim, dir: string, random: SeededRandom, aborted: AbortSignal): Promise<void> {
  const options = { signal: aborted };
  if (victim === "engine") return delay(random.between(150, 600), undefined, options);
  while (busyRunnersOf(dir).length === 0) await delay(10, undefined, options);
  return delay(random.between(0, 50), undefined, options);
}

function kill(victim: Victim, engine: Engine, dir: string): void {
  if (victim !== "runner") engine.kill("SIGKILL");
  if (victim === "engine") return;
  const runners = busyRunnersOf(dir);
  for (const runner of victim === "runner" ? runners.slice(0, 1) : runners) signal(runner, "SIGKILL");
}

/** A job that has ended on record may not be handed in again: that would be a new run. Its files may still want bringing up to date. */
function mustTakeUp(dir: string): boolean {
  return existsSync(join(dir, "jobs", NAME, "journal.ndjson")) && !isUnfinished(dir, NAME);
}

function randomPoint(random: SeededRandom): Fault {
  const [call, most] = random.pick(POINTS);
  return { kind: "kill", call, nth: random.between(1, most), when: random.pick(["before", "after"]) };
}

function describePoint(fault: Fault | null): string {
  return fault?.kind === "kill" ? `${fault.when} ${fault.call}` : "";
}
