/** Runs a scenario: all contenders once a round, in turn, so that what the machine does meanwhile hits them alike. Called by main. */

import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { showCommand } from "./command-line.js";
import type { Contender, Scenario } from "./contender.js";
import type { ContenderResult, Values } from "./result.js";
import { repository, type Toolbox } from "./toolbox.js";

/** What tools/measure.c writes. */
interface Cost {
  readonly startedAt: number;
  readonly wallMs: number;
  readonly userMs: number;
  readonly systemMs: number;
  readonly peakRssKb: number;
  readonly exitCode: number;
  readonly signal: number;
  readonly timedOut: boolean;
  readonly left: number;
}

export interface Rounds {
  readonly count: number;
  /** A directory of its own a run is made in it, and stays until the end: ext4 is slow for a while after many deletions. */
  readonly workDirectory: string;
  readonly toolbox: Toolbox;
  readonly tell: (line: string) => void;
}

const defaultLimitSeconds = 300;

export function runScenario(scenario: Scenario, rounds: Rounds): ContenderResult[] {
  const samples = new Map<Contender, Values[]>();
  const reasons = new Map<Contender, string>();
  for (const contender of scenario.contenders) {
    if (contender.needs === undefined || rounds.toolbox.has(contender.needs)) samples.set(contender, []);
  }
  for (let round = 1; round <= rounds.count * (scenario.roundsFactor ?? 1); round++) {
    for (const [index, contender] of scenario.contenders.entries()) {
      const own = samples.get(contender);
      if (own === undefined || reasons.has(contender)) continue;
      const directory = join(rounds.workDirectory, scenario.name, `${round}-${index}`);
      try {
        const values = runOnce(contender, directory, scenario.limitSeconds ?? defaultLimitSeconds, rounds.toolbox);
        own.push(values);
        rounds.tell(`${scenario.name} ${round}: ${contender.name} ${Math.round(values["wallMs"] ?? 0)} ms`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        reasons.set(contender, `run ${round}: ${reason}`);
        rounds.tell(`${scenario.name} ${round}: ${contender.name} failed: ${reason}`);
      }
      if (scenario.isLarge) rmSync(directory, { recursive: true, force: true });
    }
  }
  return scenario.contenders.map((contender): ContenderResult => {
    const about = { name: contender.name, command: showCommand(contender.command) };
    const reason = reasons.get(contender);
    if (reason !== undefined) return { ...about, kind: "failed", reason };
    const own = samples.get(contender);
    if (own === undefined) return { ...about, kind: "skipped", reason: `${contender.needs} is not installed` };
    return { ...about, kind: "measured", samples: own };
  });
}

function runOnce(contender: Contender, directory: string, limitSeconds: number, toolbox: Toolbox): Values {
  const cwd = join(directory, "work");
  mkdirSync(cwd, { recursive: true });
  contender.prepare?.(cwd);
  // What the run before left in memory is written now, not at the expense of this one.
  spawnSync("sync");
  const result = join(directory, "cost.json");
  const stdout = openSync(join(directory, "stdout"), "w");
  const stderr = openSync(join(directory, "stderr"), "w");
  try {
    const command = [result, String(limitSeconds), ...contender.command];
    const { status } = spawnSync("measure", command, { cwd, env: toolbox.env, stdio: ["ignore", stdout, stderr] });
    if (status !== 0) throw new Error(`the measuring itself failed${lastWords(directory)}`);
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
  const cost: Cost = JSON.parse(readFileSync(result, "utf8"));
  if (cost.timedOut) throw new Error(`was still running after ${limitSeconds} s${lastWords(directory)}`);
  if (cost.signal !== 0) throw new Error(`was ended by signal ${cost.signal}${lastWords(directory)}`);
  if (cost.exitCode !== 0) throw new Error(`exited with ${cost.exitCode}${lastWords(directory)}`);
  if (cost.left > 0) throw new Error(`left ${cost.left} processes behind`);
  const further = contender.check({
    directory: cwd,
    stdout: readFileSync(join(directory, "stdout"), "utf8"),
    startedAt: cost.startedAt,
  });
  return { wallMs: cost.wallMs, cpuMs: cost.userMs + cost.systemMs, peakRssMb: cost.peakRssKb / 1024, ...further };
}

/** What it said last, without the names of our directories: they are of no use to a reader. */
function lastWords(directory: string): string {
  const words = readFileSync(join(directory, "stderr"), "utf8").trim().slice(-300);
  return words === "" ? "" : `: ${words.replaceAll(directory, ".").replaceAll(repository, ".")}`;
}
