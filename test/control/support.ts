/** A directory of jobs, an engine of its own process that runs one, and a gate at which its tasks wait. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { AirExecutor, type TaskInput } from "../../src/index.js";
import { makePlayground, type Playground, type Started } from "../cli/support/cli.js";

/** Nothing here takes as long: the limit only turns a hang into a failure. */
const LIMIT_MS = 30_000;

export interface TaskOnDisk {
  readonly id: string;
  readonly command: string;
  readonly status: string;
  readonly attempts?: number;
  readonly created_at: string;
  readonly error: string | null;
}

export interface Place extends Playground {
  readonly base: string;
  readonly executor: AirExecutor;
  readonly jobDir: (job?: string) => string;
  readonly state: (job?: string) => Readonly<Record<string, unknown>>;
  readonly tasks: (job?: string) => readonly TaskOnDisk[];
  readonly statuses: (job?: string) => Readonly<Record<string, string>>;
  /** Runs a job in a process of its own; resolves when its first task is running. */
  readonly runElsewhere: (tasks: readonly TaskInput[], job?: string) => Promise<Started>;
  readonly openGate: () => void;
  /** What is to be done before the directory goes. */
  readonly atEnd: (end: () => unknown) => void;
}

/** Makes a file `began-ID`, and ends well when the gate is open. */
export const atGate = (id: string): TaskInput => ({
  id,
  command: "sh",
  args: ["-c", `touch began-${id}; for i in $(seq 3000); do test -e gate && exit 0; sleep 0.01; done; exit 1`],
});

export const run = (id: string, command: string, dependencies: readonly string[] = []): TaskInput => ({
  id,
  command,
  dependencies,
});

export async function makePlace(context: TestContext, options: { below?: string } = {}): Promise<Place> {
  // Hooks run in the order in which they were given: everything is ended before the directory goes.
  const endings: (() => unknown)[] = [];
  context.after(async () => {
    for (const end of endings.toReversed()) await end();
  });
  const playground = makePlayground(context);
  const base = join(playground.dir, options.below ?? "", ".air-executor");
  mkdirSync(dirname(base), { recursive: true });
  const executor = await AirExecutor.open({ dir: base, graceMs: 2000, concurrency: 4 });
  endings.push(() => executor.close());
  const jobDir = (job = "job"): string => join(base, "jobs", job);
  const state = (job = "job"): Readonly<Record<string, unknown>> =>
    JSON.parse(readFileSync(join(jobDir(job), "state.json"), "utf8"));
  const tasks = (job = "job"): readonly TaskOnDisk[] => JSON.parse(readFileSync(join(jobDir(job), "tasks.json"), "utf8"));
  return {
    ...playground,
    base,
    executor,
    jobDir,
    state,
    tasks,
    statuses: (job) => Object.fromEntries(tasks(job).map(({ id, status }) => [id, status])),
    atEnd: (end) => endings.push(end),
    openGate: () => writeFileSync(join(playground.dir, "gate"), ""),
    runElsewhere: async (spec, job = "job") => {
      playground.write(`${job}.json`, [...spec]);
      const started = playground.start(["run", `${job}.json`, "--dir", base, "--grace-period", "2", "--concurrency", "4"]);
      endings.push(() => started.process.kill("SIGKILL"));
      await until(() => existsSync(join(jobDir(job), "state.json")) && state(job)["state"] === "working");
      return started;
    },
  };
}

/** Looks until it is so. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("it has not become so in time");
    await pause(10);
  }
}
