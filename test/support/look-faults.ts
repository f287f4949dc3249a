/**
 * Every call that a scene makes of the system, made to fail: once and for good, with each errno that it can give. What there is to fail is
 * recorded in a clean run of the scene, so new code is covered by itself. The same is judged in each: nothing run twice, nothing lost,
 * nobody dead, nobody else's job held up.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Asked } from "./ask-everything.js";
import { describeEnd, Engine, faultEnvironment, failureOf, isUnfinished, type EngineEnd } from "./engine.js";
import type { Fault, FaultCall } from "./fault-plan.js";
import { judgeRun } from "./judge-run.js";
import { areGone } from "./processes.js";
import type { ExpectedTask } from "./random-job.js";
import { clearPlace, makePlace, type Place } from "./temporary-directory.js";
import { waitUntil } from "./wait-until.js";
import { readWitness, witnessed } from "./witness.js";

export type Scene = "run" | "adoption" | "manager" | "verbs" | "asking";
export const SCENES: readonly Scene[] = ["run", "adoption", "manager", "verbs", "asking"];

export interface LookFault {
  readonly scene: Scene;
  readonly call: FaultCall;
  readonly place: string;
  readonly code: string;
  /** False if it fails from then on. */
  readonly isOnce: boolean;
}

const OPENING = ["EACCES", "EIO", "EMFILE"];
/** What each call can give beside "it is not there", which is an answer. */
const CODES: Readonly<Partial<Record<FaultCall, readonly string[]>>> = {
  openSync: OPENING,
  closeSync: ["EIO"],
  close: ["EIO"],
  open: OPENING,
  readdirSync: OPENING,
  opendirSync: OPENING,
  readFileSync: OPENING,
  lstatSync: ["EACCES", "EIO", "ESTALE"],
  fstatSync: ["EIO"],
  readSync: ["EIO"],
  unlinkSync: ["EACCES", "EIO"],
  linkSync: ["EIO"],
  chmodSync: ["EACCES"],
  watch: ["EMFILE", "ENOSPC"],
  spawn: ["EAGAIN", "EMFILE"],
  spawnSync: ["EAGAIN", "EMFILE"],
  statSync: ["EACCES", "EIO"],
  accessSync: ["EACCES", "EIO"],
  realpathSync: ["EACCES", "EIO"],
  readlinkSync: ["EACCES", "EIO"],
  connect: ["ECONNREFUSED", "EMFILE", "EAGAIN"],
  listen: ["EACCES", "EMFILE"],
  Worker: ["ERR_WORKER_INIT_FAILED"],
  renameSync: ["EACCES", "EIO"],
  mkdirSync: ["EACCES", "ENOSPC"],
  rmSync: ["EACCES"],
  ftruncateSync: ["EIO"],
  writeSync: ["ENOSPC", "EIO", "EDQUOT"],
  fdatasync: ["EIO"],
  writev: ["ENOSPC"],
  datasync: ["EIO"],
  sync: ["EIO"],
};

const NAME = "victim";
const OTHER = "other";
const NEXT = "next";
const CLI = fileURLToPath(new URL("../../bundle/air-executor.cjs", import.meta.url));
const ASKER = fileURLToPath(new URL("./ask-everything.js", import.meta.url));
const PRELOAD = new URL("./fault-preload.js", import.meta.url).href;
/** Nothing takes as long: turns a hang into a finding. */
const LIMIT_MS = 30_000;

const EXPECTED: readonly ExpectedTask[] = [
  { id: "first", dependencies: [], status: "completed", attempts: 1 },
  { id: "left", dependencies: ["first"], status: "completed", attempts: 1 },
  { id: "right", dependencies: ["first"], status: "completed", attempts: 1 },
];

type Tasks = ConstructorParameters<typeof Engine>[2];
const tasksOf = (witness: string, middle = "sleep 0.05"): Tasks =>
  EXPECTED.map(({ id, dependencies }) => ({ id, dependencies, ...witnessed(witness, middle) }));

/** All that can fail in a scene. */
export async function faultsOf(scene: Scene): Promise<LookFault[]> {
  const place = makePlace();
  const record = join(place.root, "calls");
  try {
    const found = await play(scene, place, [], record);
    if (found.length > 0) throw new Error(`the scene ${scene} goes wrong without a fault:\n${found.join("\n")}`);
    const calls = [...new Set(readFileSync(record, "utf8").split("\n").slice(0, -1))].toSorted();
    return calls.flatMap((line) => {
      const [call, where] = line.split(/ (.*)/) as [FaultCall, string];
      return (CODES[call] ?? []).flatMap((code) => [true, false].map((isOnce) => ({ scene, call, place: where, code, isOnce })));
    });
  } finally {
    clearPlace(place);
  }
}

/** What went against the promises. */
export async function lookRound({ scene, call, place: where, code, isOnce }: LookFault): Promise<string[]> {
  const place = makePlace();
  const fault: Fault = { kind: "fail", call, place: where, nth: 1, code, ...(isOnce && { times: 1 }) };
  try {
    return await play(scene, place, [fault]);
  } catch (error) {
    return [`it could not be judged: ${(error as Error).stack}`];
  } finally {
    clearPlace(place);
  }
}

export function describe({ scene, call, place, code, isOnce }: LookFault): string {
  return `${scene}: ${call} ${place} ${code} ${isOnce ? "once" : "for good"}`;
}

function play(scene: Scene, place: Place, faults: readonly Fault[], record?: string): Promise<string[]> {
  switch (scene) {
    case "run":
      return playRun(place, faults, record);
    case "adoption":
      return playAdoption(place, faults, record);
    case "manager":
      return playManager(place, faults, record);
    case "verbs":
      return playVerbs(place, faults, record);
    case "asking":
      return playAsking(place, faults, record);
  }
}

async function playRun({ dir, witness }: Place, faults: readonly Fault[], record?: string): Promise<string[]> {
  const tasks = tasksOf(witness);
  const options = { faults, patienceMs: 500, ...(record !== undefined && { record }) };
  const end = await new Engine(dir, NAME, tasks, options).ended;
  return [...judgeEnd(end), ...(await finish(dir, witness, tasks))];
}

async function playAdoption({ dir, witness }: Place, faults: readonly Fault[], record?: string): Promise<string[]> {
  const tasks = tasksOf(witness, "sleep 0.6");
  const killed = new Engine(dir, NAME, tasks);
  if (!(await waitUntil(() => readWitness(witness).length > 0))) throw new Error("no task has begun");
  killed.kill("SIGKILL");
  await killed.ended;
  const options = { takeUp: true, faults, patienceMs: 500, ...(record !== undefined && { record }) };
  const end = await new Engine(dir, NAME, tasks, options).ended;
  return [...judgeEnd(end), ...(await finish(dir, witness, tasks))];
}

/** It has ended well, or has given up in words of ours. */
function judgeEnd(end: EngineEnd): string[] {
  const failure = failureOf(end);
  const isTold = end.code === 3 && failure?.code.startsWith("AIR_") === true;
  return end.code === 0 || isTold ? [] : [`it ended badly: ${describeEnd(end)}`];
}

/** A later engine, for which nothing fails, finds everything as it should be. */
async function finish(dir: string, witness: string, tasks: Tasks): Promise<string[]> {
  const takeUp = existsSync(join(dir, "jobs", NAME, "journal.ndjson")) && !isUnfinished(dir, NAME);
  const end = await new Engine(dir, NAME, tasks, { takeUp }).ended;
  const violations = end.code === 0 ? [] : [`the next engine does not end it: ${describeEnd(end)}`];
  if (end.code === 0) {
    const verdict = judgeRun(dir, NAME, witness, EXPECTED);
    violations.push(...verdict.violations);
    if (verdict.lostAttempts > 0) violations.push(`${verdict.lostAttempts} attempts were lost`);
  }
  if (!(await areGone(dir))) violations.push("processes were left behind");
  return violations;
}

function drop(dir: string, job: string, tasks: Tasks): void {
  mkdirSync(join(dir, "jobs", job), { recursive: true, mode: 0o700 });
  const created = "2026-01-31T12:00:00Z";
  writeFileSync(join(dir, "jobs", job, "tasks.json"), JSON.stringify(tasks));
  writeFileSync(
    join(dir, "jobs", job, "state.json"),
    JSON.stringify({ id: job, name: job, state: "waiting", created_at: created }),
  );
}

function readState(dir: string, job: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(join(dir, "jobs", job, "state.json"), "utf8")) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

const stateOf = (dir: string, job: string): unknown => readState(dir, job)["state"];

/** A manager with a job of whose files the calls may fail, and another job beside it. */
async function playManager({ dir, root, witness }: Place, faults: readonly Fault[], record?: string): Promise<string[]> {
  const violations: string[] = [];
  const otherWitness = join(root, "other-witness");
  mkdirSync(dir, { mode: 0o700 });
  drop(dir, NAME, tasksOf(witness));
  drop(dir, OTHER, tasksOf(otherWitness));
  const manager = startManager(dir, faults, record);
  const isAlive = (): boolean => manager.child.exitCode === null && manager.child.signalCode === null;
  const concernsOther = faults.some(
    ({ kind, ...fault }) => kind === "fail" && !String((fault as { place?: string }).place).includes(`jobs/${NAME}`),
  );
  const isOnce = faults.every((fault) => "times" in fault);
  const isDone = (): boolean => stateOf(dir, OTHER) === "completed" && (!isOnce || stateOf(dir, NAME) === "completed");
  await waitUntil(() => !isAlive() || isDone(), concernsOther && !isOnce ? 3_000 : LIMIT_MS);
  const hasSaidWhy = /air-executor: |"level":"error"/.test(manager.said());
  if (!isAlive() && !(manager.child.exitCode === 3 && hasSaidWhy))
    violations.push(`the manager has ended (${manager.child.exitCode ?? manager.child.signalCode}): ${manager.said()}`);
  if (isAlive() && (isOnce || !concernsOther) && !isDone())
    violations.push(`the jobs stand at ${String(stateOf(dir, NAME))} and ${String(stateOf(dir, OTHER))}: ${manager.said()}`);
  if (isAlive()) {
    manager.child.kill("SIGTERM");
    if (!(await waitUntil(() => !isAlive(), LIMIT_MS))) violations.push(`the manager does not stop: ${manager.said()}`);
    manager.child.kill("SIGKILL");
  }
  const next = startManager(dir, []);
  // It has something to run, and so to clear up what was left.
  drop(dir, NEXT, [{ id: "next", command: "true" }]);
  const isOver = (job: string): boolean => ["completed", "failed"].includes(String(stateOf(dir, job)));
  await waitUntil(() => [NAME, OTHER, NEXT].every(isOver), LIMIT_MS);
  next.child.kill("SIGTERM");
  await next.ended;
  if (![NAME, OTHER].every((job) => stateOf(dir, job) === "completed")) {
    const states = [NAME, OTHER].map((job) => String(stateOf(dir, job))).join(" and ");
    return [...violations, `the next manager leaves ${states}: ${manager.said()} ${next.said()}`];
  }
  for (const [job, file] of [
    [NAME, witness],
    [OTHER, otherWitness],
  ] as const) {
    const verdict = judgeRun(dir, job, file, EXPECTED);
    violations.push(...verdict.violations.map((violation) => `${job}: ${violation}`));
    if (verdict.lostAttempts > 0) violations.push(`${job}: ${verdict.lostAttempts} attempts were lost`);
  }
  return violations;
}

function startManager(dir: string, faults: readonly Fault[], record?: string) {
  const argv = ["--import", PRELOAD, CLI, "start", "--foreground", "--grace-period", "2", "--dir", dir];
  const child = spawn(process.execPath, argv, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...faultEnvironment(dir, faults, record) },
    timeout: 3 * LIMIT_MS,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  return { child, said: () => said, ended: once(child, "close") };
}

/** All that can be asked of a job that has ended, and of another one. */
async function playVerbs({ dir, root, witness }: Place, faults: readonly Fault[], record?: string): Promise<string[]> {
  for (const job of [NAME, OTHER]) {
    const end = await new Engine(dir, job, tasksOf(job === NAME ? witness : join(root, "other-witness"))).ended;
    if (end.code !== 0) throw new Error(describeEnd(end));
  }
  return ask(dir, [NAME, OTHER], faults, record);
}

/** Asks the engine that holds a job; whatever becomes of the question, the job goes on. */
async function playAsking({ dir, witness }: Place, faults: readonly Fault[], record?: string): Promise<string[]> {
  const tasks = tasksOf(witness, "sleep 0.6");
  const engine = new Engine(dir, NAME, tasks);
  if (!(await waitUntil(() => readWitness(witness).length > 0))) throw new Error("no task has begun");
  const violations = await ask(dir, [`held:${NAME}`], faults, record);
  violations.push(...judgeEnd(await engine.ended), ...judgeRun(dir, NAME, witness, EXPECTED).violations);
  if (!(await areGone(dir))) violations.push("processes were left behind");
  return violations;
}

async function ask(dir: string, jobs: readonly string[], faults: readonly Fault[], record?: string): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", PRELOAD, ASKER, dir, ...jobs], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...faultEnvironment(dir, faults, record) },
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(child, "close");
  const asked = output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Asked);
  const last = asked.at(-1);
  if (child.exitCode !== 0) return [`it ended with ${child.exitCode ?? child.signalCode} at ${JSON.stringify(last)}: ${errors}`];
  return asked.flatMap(({ job, verb, error }) => {
    if (error === null || error.code === "hangs" || /^(?:AIR_|E[A-Z])/.test(error.code)) return [];
    return [`${verb} ${job}: ${error.message}`];
  });
}
