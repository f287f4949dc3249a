/** The scenarios, in the order in which they run: the one with large files last, as what it leaves may disturb what follows. */

import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Scenario } from "../contender.js";
import { type GraphTask, layered } from "../graphs.js";
import type { Options, Sizes } from "../options.js";
import { batchScenario, orderedOutputScenario } from "./batch.js";
import { chainScenario } from "./chain.js";
import { dropScenario } from "./drop.js";
import { fanOutScenario } from "./fan-out.js";
import { mapScenario } from "./map.js";
import { mixedScenario } from "./mixed.js";
import { outputScenario } from "./output.js";
import { overheadScenario } from "./overhead.js";
import { slurmScenario } from "./slurm.js";
import { startScenario } from "./start.js";

export function allScenarios({ sizes, jobs }: Options): Scenario[] {
  const slots = 2 * sizes.cores;
  const mixedJobs = jobs === null ? generatedJobs(sizes) : readJobs(jobs);
  return [
    startScenario(slots),
    dropScenario(sizes),
    fanOutScenario(sizes.fanOut, slots),
    batchScenario(sizes.fanOut, slots),
    chainScenario(sizes.chain, slots),
    ...mixedJobs.map(([name, tasks]) => mixedScenario(name, tasks, [sizes.cores, 4 * sizes.cores, 16 * sizes.cores])),
    overheadScenario(sizes.overhead, slots),
    slurmScenario(sizes.slurm),
    mapScenario({ noOps: sizes.overhead.slice(-2), trues: sizes.fanOut }, slots),
    outputScenario(sizes.printers, sizes.printedBytes, slots),
    orderedOutputScenario(sizes.printers, sizes.printedBytes, slots),
  ];
}

/** The shapes that scientific pipelines have: one wide layer between narrow ones, gather and spread, a long tail. */
function generatedJobs({ mixedDivisor }: Sizes): [string, GraphTask[]][] {
  const make = (widths: readonly number[], meanMs: number): GraphTask[] =>
    layered(
      widths.map((width) => Math.ceil(width / mixedDivisor)),
      meanMs,
    );
  return [
    ["wide", make([2, 1000, 2], 6)],
    ["gather", make([220, 20, 280], 35)],
    ["deep", make([100, 1900, 3, 3, 110, 3, 3, 4], 14)],
  ];
}

function readJobs(directory: string): [string, GraphTask[]][] {
  const files = readdirSync(directory).filter((name) => name.endsWith(".json"));
  return files.toSorted().map((name) => [basename(name, ".json"), JSON.parse(readFileSync(join(directory, name), "utf8"))]);
}
