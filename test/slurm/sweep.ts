/**
 * The kill sweep: jobs of random graphs on a real small cluster, whose engine, node daemons, whole nodes and controller are killed at random
 * moments. `npm run soak -- --slurm [ROUNDS]`. Prints its seed (TEST_SEED repeats a run), each round, and a table; exits with 1 if a task was lost,
 * ran twice at the same time, began too early, or ran again although its end was on record. SIGINT ends it after the round under way.
 *
 * Tasks tell on themselves: each holds a lock of its id for as long as any process of it lives, and says so if another attempt has it. One that had
 * just ended when its slot was killed runs again, as its end died with the slot: then the record says that this attempt was lost.
 */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { main } from "../cli/support/cli.js";
import { SeededRandom, takeNewSeed } from "../support/seeded-random.js";
import { clearPlace, makePlace, type Place } from "../support/temporary-directory.js";
import { missing, TestCluster } from "./cluster.js";
import { judge, nearestKill, unexplained, type JudgedTask, type RecordedOutcome, type Verdict } from "./judge.js";

const VICTIMS = ["engine", "slurmd", "node", "controller", "hung controller", "slot"] as const;
type Victim = (typeof VICTIMS)[number];

/** Far more than a round takes. */
const LIMIT_MS = 150_000;
const SLOTS = 24;
/** A controller that was killed drains nodes when it meets what it has forgotten, and that may be all of them. */
const RESUME_MS = 10_000;

interface Round {
  readonly victims: readonly Victim[];
  readonly verdict: Verdict;
  /** What is on record of tasks that ran again after their end. */
  readonly explained: readonly string[];
  /** Of these those whose end was on record. */
  readonly unexplained: readonly string[];
  readonly tasks: number;
  readonly engines: number;
  readonly seconds: number;
  /** Why it did not come to its end; empty if it did. */
  readonly broken: string;
}

function randomTasks(random: SeededRandom): JudgedTask[] {
  const count = random.between(40, 120);
  return Array.from({ length: count }, (_, index) => {
    const most = Math.min(index, random.between(0, 3));
    const dependencies = new Set(Array.from({ length: most }, () => `t${random.between(Math.max(0, index - 30), index - 1)}`));
    return { id: `t${index}`, dependencies: [...dependencies] };
  });
}

function write(tasks: readonly JudgedTask[], { root, witness }: Place, random: SeededRandom): string {
  const file = join(root, "job.json");
  const job = tasks.map((task) => {
    const seconds = (random.next() ** 3 * 3).toFixed(2);
    const words = `${task.id} $AIR_EXECUTOR_ATTEMPT`;
    // Signals reach one process after the other: a shell whose sleep was killed before it has not come to its end.
    const script = `exec 9>>'${root}/lock.${task.id}'; flock -n 9 || echo "o ${words}" >>'${witness}'
echo "b ${words}" >>'${witness}'; sleep ${seconds} && echo "e ${words} $(date +%s%3N)" >>'${witness}'`;
    return { ...task, command: "sh", args: ["-c", script] };
  });
  writeFileSync(file, JSON.stringify(job));
  writeFileSync(witness, "");
  return file;
}

class Player {
  readonly #cluster: TestCluster;
  readonly #random: SeededRandom;
  #engine: ChildProcess | null = null;
  #mending: Promise<void> = Promise.resolve();
  /** Of the round under way: what is left to wait for then is not waited for. */
  #over = new AbortController();

  constructor(cluster: TestCluster, random: SeededRandom) {
    this.#cluster = cluster;
    this.#random = random;
  }

  async play(): Promise<Round> {
    const random = this.#random;
    const place = makePlace();
    const tasks = randomTasks(random);
    const file = write(tasks, place, random);
    const victims = Array.from({ length: random.between(1, 3) }, () => random.pick(VICTIMS));
    const startedAt = performance.now();
    let [engines, broken] = [0, ""];
    this.#over = new AbortController();
    const killing = this.#kill(victims, place);
    const resuming = setInterval(() => this.#cluster.resume(), RESUME_MS);
    try {
      for (let code: number | null = null; code !== 0;) {
        engines += 1;
        const { end, said } = this.#run(file, place);
        code = await Promise.race([end, pause(LIMIT_MS, -1, { ref: false })]);
        if (code === 0 || code === null) continue;
        broken = `exit ${code}: ${said().slice(-600)}`;
        break;
      }
    } finally {
      this.#over.abort();
      clearInterval(resuming);
      await killing;
      this.#engine?.kill("SIGKILL");
    }
    const lines = readFileSync(place.witness, "utf8").split("\n");
    const verdict = judge(tasks, lines);
    const recorded = verdict.again.map((id) => [id, outcomesOf(place, id)] as const);
    const explained = recorded.map(
      ([id, outcomes]) => `${id} (${nearestKill(id, lines)}) ${outcomes.map(({ words }) => words).join(", ")}`,
    );
    const without = recorded.flatMap(([id, outcomes]) => (unexplained(id, lines, outcomes) ? [id] : []));
    if (broken === "") clearPlace(place);
    else broken += ` (left in ${place.root})`;
    await this.#mending;
    this.#mendAll();
    return {
      victims,
      verdict,
      explained,
      unexplained: without,
      tasks: tasks.length,
      engines,
      seconds: (performance.now() - startedAt) / 1000,
      broken,
    };
  }

  #run(file: string, { dir }: Place): { readonly end: Promise<number | null>; readonly said: () => string } {
    const args = [
      "run",
      file,
      "--dir",
      dir,
      "--engine",
      "slurm",
      "--slots",
      `2:${SLOTS}`,
      "--lease",
      "4",
      "--grace-period",
      "1",
      "--once",
    ];
    const child = spawn(process.execPath, [main, ...args], { env: this.#cluster.env, stdio: ["ignore", "ignore", "pipe"] });
    this.#engine = child;
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (more: string) => (text += more));
    return { end: once(child, "close").then(([code]) => code as number | null), said: () => text };
  }

  async #kill(victims: readonly Victim[], { witness }: Place): Promise<void> {
    for (const victim of victims) {
      await this.#pause(this.#random.between(300, 5_000));
      if (this.#over.signal.aborted) return;
      try {
        appendFileSync(witness, `k ${victim.replace(" ", "-")} - ${Date.now()}\n`);
        this.#killOne(victim);
      } catch {
        // It was dead already.
      }
    }
  }

  #killOne(victim: Victim): void {
    const cluster = this.#cluster;
    const node = `n${this.#random.between(1, 3)}`;
    switch (victim) {
      case "engine":
        this.#engine?.kill("SIGKILL");
        return;
      case "slurmd":
        this.#mendLater(this.#random.between(1_000, 20_000));
        cluster.kill(node);
        if (this.#random.chance(0.7)) cluster.giveUp(node);
        return;
      case "node":
        this.#mendLater(this.#random.between(1_000, 20_000));
        cluster.crash(node);
        return;
      case "controller":
        this.#mendLater(this.#random.between(500, 6_000));
        cluster.kill("slurmctld");
        return;
      case "hung controller":
        cluster.signalController("SIGSTOP");
        return this.#later(this.#random.between(500, 12_000), () => cluster.signalController("SIGCONT"));
      case "slot": {
        const ids = cluster.call("squeue", "-h", "-r", "-t", "running", "-o", "%i").trim().split("\n");
        if (ids[0] !== "") cluster.call("scancel", this.#random.pick(ids));
      }
    }
  }

  #mendLater(delayMs: number): void {
    this.#later(delayMs, () => this.#mend());
  }

  /** One after the other; what can't be mended while something else is broken is mended at the end of the round. */
  #later(delayMs: number, act: () => void): void {
    this.#mending = Promise.all([this.#mending, this.#pause(delayMs)])
      .then(act)
      .catch(() => {});
  }

  /** Until then, or until the round is over. */
  async #pause(delayMs: number): Promise<void> {
    await pause(delayMs, undefined, { signal: this.#over.signal }).catch(() => {});
  }

  /** A busy machine takes its time. */
  #mendAll(): void {
    for (let left = 3; left > 0; left -= 1) {
      try {
        return this.#mend();
      } catch (error) {
        if (left === 1) throw error;
      }
    }
  }

  #mend(): void {
    try {
      this.#cluster.signalController("SIGCONT");
    } catch {
      // It is dead.
    }
    this.#cluster.mend();
  }
}

async function sweep(count: number): Promise<boolean> {
  const seed = takeNewSeed();
  console.log(`seed ${seed}`);
  const cluster = new TestCluster();
  const player = new Player(cluster, new SeededRandom(seed));
  const rounds: Round[] = [];
  let isInterrupted = false;
  process.on("SIGINT", () => (isInterrupted = true));
  try {
    while (rounds.length < count) {
      if (isInterrupted) break;
      const round = await player.play();
      rounds.push(round);
      console.log(lineOf(round, rounds.length));
    }
  } finally {
    cluster.end();
  }
  console.log(tableOf(rounds));
  return rounds.every(
    ({ broken, unexplained: without, verdict: { lost, twice, early } }) =>
      broken === "" && lost.length + twice.length + early.length + without.length === 0,
  );
}

/** What is on record of the attempts of a task. */
function outcomesOf({ dir }: Place, id: string): RecordedOutcome[] {
  const { stdout } = spawnSync(process.execPath, [main, "why", "job", id, "--json", "--dir", dir], { encoding: "utf8" });
  const { attempts = [] } = JSON.parse(stdout || "{}") as { attempts?: { attempt: number; outcome: Outcome | null }[] };
  return attempts.map(({ attempt, outcome }) => {
    const { kind = "without an end", message = "" } = outcome ?? {};
    return { attempt, isLost: kind === "lost", words: `#${attempt} ${kind}${message === "" ? "" : `: ${message}`}` };
  });
}

interface Outcome {
  readonly kind: string;
  readonly message?: string;
}

function lineOf(round: Round, number: number): string {
  const { victims, verdict, explained, tasks, engines, seconds, broken } = round;
  const { lost, twice, early, attempts } = verdict;
  const faults = Object.entries({ lost, twice, early, again: explained, "again without cause": round.unexplained }).flatMap(
    ([what, ids]) => (ids.length === 0 ? [] : `${what}: ${ids.join(" ")}`),
  );
  const words = [
    `${number}: ${victims.join(", ")}; ${tasks} tasks, ${attempts} attempts, ${engines} engines, ${seconds.toFixed(0)} s`,
    ...faults,
  ];
  return [...words, ...(broken === "" ? [] : [`BROKEN ${broken}`])].join("; ");
}

function tableOf(rounds: readonly Round[]): string {
  const rows = [...VICTIMS, "all"].map((victim) => {
    const its = victim === "all" ? rounds : rounds.filter(({ victims }) => victims.includes(victim as Victim));
    const sum = (of: (round: Round) => number): number => its.reduce((total, round) => total + of(round), 0);
    const of = (key: "lost" | "twice" | "again" | "early"): number => sum(({ verdict }) => verdict[key].length);
    const cells = [
      its.length,
      sum(({ tasks }) => tasks),
      sum(({ verdict }) => verdict.attempts),
      of("lost"),
      of("twice"),
      of("early"),
      of("again"),
      sum((round) => round.unexplained.length),
    ];
    return `| ${[victim, ...cells, its.filter(({ broken }) => broken !== "").length].join(" | ")} |`;
  });
  const head =
    "| victim (rounds with several count for each) | rounds | tasks | attempts | lost | twice at once | too early | again after its end | of these not lost on record | broken |";
  return [head, `| --- |${" --: |".repeat(9)}`, ...rows].join("\n");
}

if (missing !== false) {
  console.error(missing);
  process.exitCode = 2;
} else process.exitCode = (await sweep(Number(process.argv[2]))) ? 0 : 1;
