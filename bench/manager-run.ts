/**
 * One run of a real manager over jobs that are dropped for it; prints what it measured as JSON. Started by the drop scenario, in a fresh
 * directory.
 *
 *     node manager-run.js latency|flood|beside|ended COUNT
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { repository } from "./toolbox.js";

const jobs = join(".air-executor", "jobs");
const LIMIT_MS = 240_000;
const IDLE_MS = 10_000;
const SHORT_TASK: Command = ["sleep", "0.05"];

type Command = readonly [command: string, ...args: string[]];

/** As a program writes a job: two files, in place. Gives the moment at which it was there. */
function drop(name: string, commands: readonly Command[], createdAt = "first"): number {
  const dir = join(jobs, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, "state.json"), JSON.stringify({ id: name, name, state: "waiting", created_at: createdAt }));
  const tasks = commands.map(([command, ...args], index) => ({ id: `t${index}`, command, args, dependencies: [] }));
  const at = Date.now();
  writeFileSync(join(dir, "tasks.json"), JSON.stringify(tasks));
  return at;
}

function read(name: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(join(jobs, name, file), "utf8"));
  } catch {
    // Half written, as the first file of a drop may be.
    return null;
  }
}

/** Milliseconds since the epoch at which a job's first task started and the job ended. */
async function ended(name: string, createdAt = "first"): Promise<{ readonly startedAt: number; readonly completedAt: number }> {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await pause(5)) {
    const state = read(name, "state.json") as Record<string, string> | null;
    if (state?.["state"] !== "completed" || state["created_at"] !== createdAt) continue;
    return { startedAt: Date.parse(state["started_at"]!), completedAt: Date.parse(state["completed_at"]!) };
  }
  throw new Error(`job ${name} has not completed`);
}

async function latency(count: number): Promise<object> {
  const latencies: number[] = [];
  for (let n = 0; n < count; n++) {
    const droppedAt = drop(`job-${n}`, [["/bin/true"]]);
    latencies.push((await ended(`job-${n}`)).startedAt - droppedAt);
    await pause(20);
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.min(count - 1, Math.floor(count * share))]!;
  return { medianMs: at(0.5), p95Ms: at(0.95) };
}

async function flood(count: number): Promise<object> {
  const names = Array.from({ length: count }, (_, n) => `job-${n}`);
  const startedAt = Date.now();
  for (const name of names) drop(name, [["/bin/true"]]);
  const droppedMs = Date.now() - startedAt;
  const ends: number[] = [];
  for (const name of names) ends.push((await ended(name)).completedAt);
  return { droppedMs, allEndedMs: Math.max(...ends) - startedAt };
}

/** A job of three tasks, alone and while one of many runs. */
async function beside(count: number): Promise<object> {
  const small: readonly Command[] = [SHORT_TASK, SHORT_TASK, SHORT_TASK];
  const makespan = async (name: string): Promise<number> => {
    const droppedAt = drop(name, small);
    return (await ended(name)).completedAt - droppedAt;
  };
  await makespan("first");
  const aloneMs = await makespan("alone");
  drop(
    "large",
    Array.from({ length: count }, () => SHORT_TASK),
  );
  while ((read("large", "state.json") as { state?: string } | null)?.state !== "working") await pause(5);
  const besideMs = await makespan("beside");
  await ended("large");
  return { aloneMs, besideMs };
}

/** What a manager costs that has nothing to do, and when it finds that an old job was written again. */
async function idle(pid: number): Promise<object> {
  await pause(IDLE_MS / 2);
  const before = cpuMs(pid);
  await pause(IDLE_MS);
  const idlePercent = ((cpuMs(pid) - before) / IDLE_MS) * 100;
  const droppedAt = drop("job-0", [["/bin/true"]], "second");
  const foundMs = (await ended("job-0", "second")).startedAt - droppedAt;
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return { idlePercent, foundMs, rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024 };
}

function prepareEnded(count: number): void {
  for (let n = 0; n < count; n++) {
    const name = `job-${n}`;
    drop(name, []);
    const state = { id: name, name, state: "completed", created_at: "first", owner: "manager" };
    writeFileSync(join(jobs, name, "state.json"), JSON.stringify(state));
  }
}

/** Of all its threads, to the nanosecond. */
function cpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const used = readdirSync(tasks).map((thread) => Number(readFileSync(join(tasks, thread, "schedstat"), "latin1").split(" ")[0]));
  return used.reduce((sum, ns) => sum + ns, 0) / 1e6;
}

const [kind = "", text = ""] = process.argv.slice(2);
const count = Number(text);
mkdirSync(jobs, { recursive: true, mode: 0o700 });
if (kind === "ended") prepareEnded(count);
const main = join(repository, "dist", "bundle", "air-executor.cjs");
const startedAt = performance.now();
const manager = spawn(process.execPath, [main, "start", "--foreground"], { stdio: ["ignore", "ignore", "pipe"] });
const gone = once(manager, "exit");
const [said] = (await once(createInterface({ input: manager.stderr }), "line")) as [string];
if (!said.includes("watching")) throw new Error(`the manager did not start: ${said}`);
const upMs = performance.now() - startedAt;
try {
  const ways: Readonly<Record<string, () => Promise<object>>> = {
    latency: () => latency(count),
    flood: () => flood(count),
    beside: () => beside(count),
    ended: () => idle(manager.pid!),
  };
  console.log(JSON.stringify({ upMs, ...(await ways[kind]!()) }));
} finally {
  manager.kill("SIGTERM");
  manager.stderr.resume();
  await gone;
}
