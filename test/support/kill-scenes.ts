/** What is killed in the kill sweep: a job that is run, a map, and a job that was dropped for a manager. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TaskInput } from "../../src/index.js";
import { Engine, isUnfinished, type EngineEnd } from "./engine.js";
import type { Fault } from "./fault-plan.js";
import { randomJob, randomSwarm, type ExpectedTask } from "./random-job.js";
import type { SeededRandom } from "./seeded-random.js";
import type { Place } from "./temporary-directory.js";
import { waitUntil } from "./wait-until.js";

export const SCENE_NAMES = ["run", "map", "manager"] as const;
export type SceneName = (typeof SCENE_NAMES)[number];

export interface Scene {
  /** Of its job. */
  readonly name: string;
  readonly expected: readonly ExpectedTask[];
  /** Starts an engine that takes the job up where the one before left it. */
  start(faults: readonly Fault[]): Engine;
  /** True of an engine that has come to its own end, with the job done. */
  isDone(end: EngineEnd): boolean;
  /** Anything more that an engine has to do. */
  tidyUp?(): Promise<unknown>;
}

const NAME = "sweep";
const CREATED_AT = "2026-01-31T12:00:00.123456Z";
const mapper = fileURLToPath(new URL("../map/mapper.js", import.meta.url));
const cli = fileURLToPath(new URL("../../bundle/air-executor.cjs", import.meta.url));

export function makeScene(which: SceneName, place: Place, random: SeededRandom): Scene {
  if (which === "map") return mapScene(place, random);
  const { tasks, expected } = random.chance(0.4)
    ? randomSwarm(random, place, random.between(40, 160))
    : randomJob(random, place.witness, random.between(4, 10));
  if (which === "manager") return managerScene(place, tasks, expected);
  const { dir } = place;
  return {
    name: NAME,
    expected,
    start: (faults) => {
      const takeUp = mustTakeUp(dir, NAME) || (isUnfinished(dir, NAME) && random.chance(0.5));
      return new Engine(dir, NAME, tasks, { faults, takeUp });
    },
    isDone: ({ code }) => code === 0 || code === 1,
  };
}

/** `mapper.ts`, which calls its job so. */
function mapScene({ root, dir, witness }: Place, random: SeededRandom): Scene {
  const name = "m";
  const count = random.between(40, 160);
  const gate = join(root, "gate");
  writeFileSync(gate, "");
  const ids = Array.from({ length: count }, (_, index) => `task-${index + 1}`);
  return {
    name,
    expected: ids.map((id) => ({ id, dependencies: [], status: "completed", attempts: 1 })),
    start: (faults) =>
      mustTakeUp(dir, name)
        ? new Engine(dir, name, [], { faults, takeUp: true })
        : new Engine(dir, name, [], { faults, program: [mapper, dir, String(count), witness, gate] }),
    isDone: ({ code }) => code === 0,
  };
}

/**
 * It would watch for ever, so it is told to stop when it says that the job has ended. What three of them died of while they opened it is set
 * aside, whoever killed them, and run by itself then, as they say.
 */
function managerScene({ dir }: Place, tasks: readonly TaskInput[], expected: readonly ExpectedTask[]): Scene {
  const job = join(dir, "jobs", NAME);
  mkdirSync(join(job, "logs"), { recursive: true, mode: 0o700 });
  const state = { id: `${NAME}-1769860800`, name: NAME, state: "waiting", created_at: CREATED_AT, updated_at: CREATED_AT };
  writeFileSync(join(job, "state.json"), JSON.stringify(state));
  const pending = {
    job_name: NAME,
    status: "pending",
    created_at: CREATED_AT,
    started_at: null,
    completed_at: null,
    error: null,
  };
  writeFileSync(join(job, "tasks.json"), JSON.stringify(tasks.map((task) => ({ ...pending, ...task }))));
  const isSetAside = ({ stderr }: Pick<Engine, "stderr">): boolean => stderr.includes("is set aside");
  let isForManagers = true;
  return {
    name: NAME,
    expected,
    start: (faults) => {
      if (!isForManagers) return new Engine(dir, NAME, [], { faults, takeUp: true });
      const program = [cli, "start", "--foreground", "--concurrency", "4", "--grace-period", "2", "--dir", dir];
      const manager = new Engine(dir, NAME, [], { faults, program });
      const isUp = (): boolean => manager.stderr.includes("watching");
      const isOver = (): boolean => isUp() && (hasEnded(join(job, "state.json")) || isSetAside(manager));
      void waitUntil(() => manager.isGone || isOver(), 60_000).then(() => {
        isForManagers &&= !isSetAside(manager);
        manager.kill("SIGTERM");
      });
      return manager;
    },
    isDone: ({ code }) => (code === 0 || code === 1) && hasEnded(join(job, "state.json")),
    // A manager that has found nothing to run does not remove what a killed one left of its runners: the next engine that runs something does.
    tidyUp: () => new Engine(dir, "next", [{ id: "any", command: "true" }]).ended,
  };
}

function hasEnded(file: string): boolean {
  try {
    const { state } = JSON.parse(readFileSync(file, "utf8")) as { state: string };
    return state === "completed" || state === "failed";
  } catch {
    return false;
  }
}

/** A job that has ended on record may not be handed in again: that would be a new run. Its files may still want bringing up to date. */
function mustTakeUp(dir: string, name: string): boolean {
  return existsSync(join(dir, "jobs", name, "journal.ndjson")) && !isUnfinished(dir, name);
}
