import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { askToCancel } from "../../src/engine/changes/ask-holder.js";
import { describeEnd, Engine, type EngineEnd } from "../support/engine.js";
import { areGone } from "../support/processes.js";
import { temporaryPlace, type Place } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { linger } from "../support/shell-loops.js";

const NAME = "stopping";
/** Each says `start` when it is ready to be stopped. */
const tasksOf = (witness: string) => [
  { id: "cleans up", ...withTrap("trap 'echo cleaned up; exit 42' TERM", witness) },
  { id: "ignores TERM", ...withTrap("trap '' TERM", witness) },
  { id: "is stopped", ...witnessed(witness, "kill -STOP $$; sleep 30") },
  { id: "leaves a grandchild", ...witnessed(witness, "(sleep 60 &); sleep 30") },
];

function withTrap(trap: string, witness: string): { command: string; args: string[] } {
  const { command, args } = witnessed(witness, linger(0.05));
  return { command, args: ["-c", `${trap}; ${args[1]}`, args[2]!] };
}

interface SeenTask {
  readonly id: string;
  readonly status: string;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly error: string | null;
}

/** Runs the four until they are all ready, does `end` to the engine, and gives what the files say then. */
async function play(
  place: Place,
  end: (engine: Engine) => void,
  timeout?: number,
): Promise<{ end: EngineEnd; tasks: SeenTask[] }> {
  const { dir, witness } = place;
  const tasks = tasksOf(witness);
  const job = timeout === undefined ? tasks : tasks.map((task) => Object.assign(task, { timeout }));
  const engine = new Engine(dir, NAME, job, { graceMs: 500 });
  assert.ok(await waitUntil(() => readWitness(witness).length === tasks.length), "all are ready");
  end(engine);
  const ended = await engine.ended;
  assert.ok(await areGone(dir), "nothing is left of them");
  assert.equal(readWitness(witness).length, tasks.length, "none came to its own end");
  return { end: ended, tasks: JSON.parse(readFileSync(join(dir, "jobs", NAME, "tasks.json"), "utf8")) as SeenTask[] };
}

/** Exit code and signal as recorded. */
const endsOf = (tasks: readonly SeenTask[]) => tasks.map((task) => task.exit_code ?? task.signal);
const ENDS = [42, "SIGKILL", "SIGTERM", "SIGTERM"];

test("a timeout ends tasks whatever they do against it, and records their own clean-up", async (t) => {
  const place = temporaryPlace(t);
  const { end, tasks } = await play(place, () => {}, 2);
  assert.equal(end.code, 1, describeEnd(end));
  assert.deepEqual(endsOf(tasks), ENDS);
  for (const { status, error } of tasks) assert.deepEqual([status, error], ["failed", "timed out after 2 s"]);
  assert.match(readFileSync(join(place.dir, "jobs", NAME, "logs", "cleans%20up.log"), "utf8"), /^cleaned up$/m);
});

test("a task that is cancelled while its run is being stopped is not made again by the next engine, if that run is killed", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const tasks = [{ id: "stubborn", ...withTrap("trap '' TERM", witness) }];
  const starts = (): number => readWitness(witness).filter(({ what }) => what === "start").length;
  const engine = new Engine(dir, NAME, tasks, { graceMs: 30_000 });
  assert.ok(await waitUntil(() => starts() === 1));
  engine.kill("SIGTERM");
  const journal = (): string => readFileSync(join(dir, "jobs", NAME, "journal.ndjson"), "utf8");
  assert.ok(await waitUntil(() => journal().includes("attempt-stopping")));
  assert.deepEqual(await askToCancel(dir, NAME, ["stubborn"]), { cancelled: ["stubborn"] });
  engine.kill("SIGKILL");
  await engine.ended;
  const next = await new Engine(dir, NAME, tasks, { graceMs: 100 }).ended;
  assert.equal(next.code, 1, describeEnd(next));
  const [task] = JSON.parse(readFileSync(join(dir, "jobs", NAME, "tasks.json"), "utf8")) as SeenTask[];
  assert.equal(task?.status, "cancelled");
  assert.equal(starts(), 1);
});

test("a cancel ends tasks whatever they do against it", async (t) => {
  const { end, tasks } = await play(temporaryPlace(t), (engine) => engine.kill("SIGUSR2"));
  assert.equal(end.code, 1, describeEnd(end));
  assert.deepEqual(endsOf(tasks), ENDS);
  for (const { status } of tasks) assert.equal(status, "cancelled");
});

test("a stop ends tasks whatever they do against it, and leaves them to be run again", async (t) => {
  const { end, tasks } = await play(temporaryPlace(t), (engine) => engine.kill("SIGTERM"));
  assert.equal(end.code, 143, describeEnd(end));
  for (const { status } of tasks) assert.equal(status, "pending");
});
