/** Who dies in the kill sweep, when and how. */

import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Engine } from "./engine.js";
import type { Fault, FaultCall } from "./fault-plan.js";
import { busyRunnersOf, signal } from "./processes.js";
import type { SeededRandom } from "./seeded-random.js";

export const VICTIMS = [
  "engine",
  "worker thread",
  "engine, runner stopped",
  "runner",
  "thread of the runner",
  "engine and runners",
] as const;
export type Victim = (typeof VICTIMS)[number];

/** Only where runners die may an attempt be lost. */
export function mayLose(victim: Victim): boolean {
  return victim === "runner" || victim === "thread of the runner" || victim === "engine and runners";
}

type Points = readonly (readonly [call: FaultCall, most: number])[];

/** The calls, and up to the how manieth of its kind a short run comes. */
const ENGINE_POINTS: Points = [
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
/** The same of the worker thread alone. */
const THREAD_POINTS: Points = [
  ["openSync", 4],
  ["readSync", 12],
  ["closeSync", 3],
  ["spawn", 1],
  ["postMessage", 8],
  ["socketWrite", 8],
  ["statSync", 3],
  ["readFileSync", 4],
];
/** What a runner has to bear, whichever of its threads it is sent to. */
const BORNE = ["SIGTERM", "SIGHUP", "SIGINT", "SIGPIPE", "SIGSEGV", "SIGABRT", "SIGUSR1", "SIGCHLD", "SIGSTOP"] as const;
/** Threads that an engine replaces; with one more it ends. */
const MOST_THREADS = 3;

/** One engine's death, or what its runner or threads suffer while it lives. */
export class Killing {
  readonly faults: readonly Fault[];
  readonly #victim: Victim;
  readonly #dir: string;
  readonly #random: SeededRandom;
  readonly #most: number;
  readonly #ended = new AbortController();
  readonly #threads: string | null = null;
  #kills = 0;

  /** @param most kills */
  constructor(
    victim: Victim,
    { root, dir }: { readonly root: string; readonly dir: string },
    random: SeededRandom,
    most: number,
  ) {
    this.#victim = victim;
    this.#dir = dir;
    this.#random = random;
    this.#most = most;
    if (victim === "worker thread") {
      this.#threads = mkdtempSync(join(root, "threads-"));
      this.faults = threadFaults(this.#threads, Math.min(most, MOST_THREADS), random);
    } else this.faults = victim === "engine" && random.chance(0.5) ? [randomPoint(random)] : [];
  }

  /** The call at which the engine was to die; "" if it wasn't. */
  get point(): string {
    const [fault] = this.faults;
    return fault?.kind === "kill" ? `${fault.when} ${fault.call}` : "";
  }

  /** Kills when its moment comes, as long as the engine is there. */
  begin(engine: Engine): void {
    if (this.#victim === "worker thread" || (this.point !== "" && this.#random.chance(0.5))) return;
    // The engine was faster.
    this.#run(engine).catch(() => {});
  }

  /** How many there were. */
  end(signalName: NodeJS.Signals | null): number {
    this.#ended.abort();
    if (this.#threads !== null) return readdirSync(this.#threads).length;
    return Math.max(this.#kills, signalName === "SIGKILL" ? 1 : 0);
  }

  /** An engine dies once, and takes the rest with it; runners die while it goes on. */
  async #run(engine: Engine): Promise<void> {
    const times = this.#victim === "runner" || this.#victim === "thread of the runner" ? this.#most : 1;
    for (let time = 0; time < times; time++) {
      await this.#moment();
      this.#kill(engine);
    }
  }

  /** Any instant, or one at which a runner runs a task. Rejects when the engine has ended before. */
  async #moment(): Promise<void> {
    const options = { signal: this.#ended.signal };
    if (this.#victim === "engine" && this.#random.chance(0.5)) return delay(this.#random.between(150, 600), undefined, options);
    while (busyRunnersOf(this.#dir).length === 0) await delay(10, undefined, options);
    return delay(this.#random.between(0, 50), undefined, options);
  }

  #kill(engine: Engine): void {
    const runners = busyRunnersOf(this.#dir);
    this.#kills += 1;
    switch (this.#victim) {
      case "engine":
        return engine.kill("SIGKILL");
      case "engine, runner stopped":
        for (const runner of runners) signal(runner, "SIGSTOP");
        engine.kill("SIGKILL");
        // The next one finds it so, most often.
        setTimeout(() => runners.forEach((runner) => signal(runner, "SIGCONT")), this.#random.between(0, 800));
        return;
      case "engine and runners":
        if (this.#random.chance(0.5)) engine.kill("SIGKILL");
        for (const runner of runners) signal(runner, "SIGKILL");
        return engine.kill("SIGKILL");
      case "runner":
        return this.#killRunner(runners, (runner) => runner);
      case "thread of the runner":
        for (const runner of runners) signal(this.#threadOf(runner), this.#random.pick(BORNE));
        return this.#killRunner(runners, (runner) => this.#threadOf(runner));
      case "worker thread":
    }
  }

  #killRunner(runners: readonly number[], target: (runner: number) => number): void {
    if (runners.length === 0) this.#kills -= 1;
    else signal(target(this.#random.pick(runners)), "SIGKILL");
    // Those that were stopped.
    for (const runner of runners) signal(runner, "SIGCONT");
  }

  /** Any of its own; it may be gone. */
  #threadOf(runner: number): number {
    try {
      return Number(this.#random.pick(readdirSync(`/proc/${runner}/task`)));
    } catch {
      return runner;
    }
  }
}

function threadFaults(tokens: string, times: number, random: SeededRandom): Fault[] {
  if (random.chance(0.4)) return [{ kind: "uncaught-later", tokens, times, afterMs: random.between(1, 400) }];
  return [{ kind: "uncaught", tokens, times, ...pointOf(THREAD_POINTS, random) }];
}

function randomPoint(random: SeededRandom): Fault {
  return { kind: "kill", ...pointOf(ENGINE_POINTS, random) };
}

function pointOf(points: Points, random: SeededRandom): { call: FaultCall; nth: number; when: "before" | "after" } {
  const [call, most] = random.pick(points);
  return { call, nth: random.between(1, most), when: random.pick(["before", "after"]) };
}
