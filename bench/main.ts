/**
 * `npm run bench`: measures Air-Executor against its peers on this machine. Prints the report; writes it where `--out` says. Exits
 * with 1 if a run failed, with 2 if the call makes no sense. It never asserts a time.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quoteCommand } from "./command-line.js";
import type { ContenderResult } from "./result.js";
import { describeMachine } from "./machine.js";
import { type Options, readOptions, usage } from "./options.js";
import { renderReport, type Results } from "./report.js";
import { runScenario } from "./rounds.js";
import { allScenarios } from "./scenarios/all.js";
import { openToolbox } from "./toolbox.js";

function main(args: readonly string[]): number {
  let options: Options | "help";
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (options === "help") {
    console.log(usage);
    return 0;
  }
  const { only } = options;
  const scenarios = allScenarios(options).filter(({ name }) => only.length === 0 || only.some((start) => name.startsWith(start)));
  if (scenarios.length === 0) {
    const names = allScenarios(options).map(({ name }) => name);
    console.error(`--only ${only.join(" ")}: expected a name among ${names.join(", ")}`);
    return 2;
  }
  const workDirectory = mkdtempSync(join(options.work, "air-executor-bench-"));
  try {
    const toolbox = openToolbox(join(workDirectory, "tools"));
    const machine = describeMachine(workDirectory);
    const found: Record<string, ContenderResult[]> = {};
    for (const scenario of scenarios) {
      found[scenario.name] = runScenario(scenario, { count: options.rounds, workDirectory, toolbox, tell: console.error });
    }
    const results: Results = {
      takenAt: new Date().toISOString(),
      command: quoteCommand(["npm", "run", "bench", ...(args.length === 0 ? [] : ["--", ...args])]),
      isQuick: options.isQuick,
      rounds: options.rounds,
      machine,
      versions: Object.fromEntries(toolbox.versions),
      scenarios: found,
    };
    const report = renderReport(results, scenarios);
    console.log(report);
    if (options.out !== null) {
      mkdirSync(options.out, { recursive: true });
      writeFileSync(join(options.out, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
      writeFileSync(join(options.out, "RESULTS.md"), report);
    }
    return Object.values(found)
      .flat()
      .some(({ kind }) => kind === "failed")
      ? 1
      : 0;
  } finally {
    rmSync(workDirectory, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv.slice(2));
