/** Random jobs of every shape that matters for a crash, with what must become of each task said without the engine's help. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TaskInput } from "../../src/index.js";
import type { SeededRandom } from "./seeded-random.js";
import type { Place } from "./temporary-directory.js";
import { say, witnessed } from "./witness.js";

export interface ExpectedTask {
  readonly id: string;
  readonly dependencies: readonly string[];
  readonly status: "completed" | "failed" | "skipped";
  /** Attempts that are made if none is lost. */
  readonly attempts: number;
}

export interface RandomJob {
  readonly tasks: readonly TaskInput[];
  readonly expected: readonly ExpectedTask[];
}

type Manner = "plain" | "leaves a grandchild" | "fails" | "fails once" | "is killed";

const MANNERS: readonly Manner[] = [
  "plain",
  "plain",
  "plain",
  "plain",
  "leaves a grandchild",
  "fails",
  "fails once",
  "is killed",
];

/** @param failures whether some tasks fail */
export function randomJob(random: SeededRandom, witness: string, size: number, failures = true): RandomJob {
  const tasks: TaskInput[] = [];
  const expected: ExpectedTask[] = [];
  for (let index = 0; index < size; index++) {
    const earlier = expected.filter(() => random.chance(Math.min(0.3, 2 / size)));
    const manner = failures ? random.pick(MANNERS) : random.pick(MANNERS.slice(0, 5));
    const rule = random.chance(0.3) ? "all_done" : "all_success";
    const runs = rule === "all_done" || earlier.every(({ status }) => status === "completed");
    const fails = manner === "fails" || manner === "is killed";
    const id = random.chance(0.1) ? `Task ${index}/x` : `task-${index}`;
    const dependencies = earlier.map((task) => task.id);
    tasks.push({ id, dependencies, trigger_rule: rule, ...commandOf(manner, random, witness) });
    expected.push({
      id,
      dependencies,
      status: runs ? (fails ? "failed" : "completed") : "skipped",
      attempts: runs ? (manner === "fails once" ? 2 : 1) : 0,
    });
  }
  return { tasks, expected };
}

/** Names that a shell between engine and task might use for itself. */
const NAMES = ["s", "u", "r", "b", "OLDPWD", "air_executor_s"];

/**
 * Many short tasks and a few that take longer, all free to run at once: these are handed to slots in batches. And one behind them all.
 * Each has a directory and a variable of its own, and says `astray` if it finds itself with others.
 */
export function randomSwarm(random: SeededRandom, { root, witness }: Pick<Place, "root" | "witness">, size: number): RandomJob {
  const directories = [root, ...["one", "two"].map((name) => join(root, name))];
  for (const directory of directories) mkdirSync(directory, { recursive: true });
  const tasks: TaskInput[] = [];
  const expected: ExpectedTask[] = [];
  for (let index = 0; index < size; index++) {
    const id = `s${index}`;
    const fails = random.chance(0.05);
    const cwd = random.pick(directories);
    const variable = random.pick(NAMES);
    const isRight = `[ . -ef '${cwd}' ] && [ "$${variable}" = '${id}' ]`;
    const middle = `{ ${isRight} || ${say("astray")}; }; ${random.chance(0.05) ? `sleep ${random.pick(["0.15", "0.4"])}` : ":"}`;
    tasks.push({ id, cwd, env: { [variable]: id }, ...witnessed(witness, middle, fails ? "exit 3" : "exit 0") });
    expected.push({ id, dependencies: [], status: fails ? "failed" : "completed", attempts: 1 });
  }
  const dependencies = expected.map(({ id }) => id);
  tasks.push({ id: "merge", dependencies, trigger_rule: "all_done", ...witnessed(witness, ":") });
  expected.push({ id: "merge", dependencies, status: "completed", attempts: 1 });
  return { tasks, expected };
}

function commandOf(manner: Manner, random: SeededRandom, witness: string): Omit<TaskInput, "id"> {
  const rest = `sleep 0.${String(random.between(0, 15)).padStart(2, "0")}`;
  switch (manner) {
    case "plain":
      return witnessed(witness, rest);
    case "leaves a grandchild":
      return witnessed(witness, `(sleep 0.4 &); ${rest}`);
    case "fails":
      return witnessed(witness, rest, "exit 3");
    case "fails once":
      return { ...witnessed(witness, rest, '[ "$AIR_EXECUTOR_ATTEMPT" != 1 ]'), retries: 1 };
    case "is killed":
      return witnessed(witness, rest, "kill -9 $$");
  }
}
