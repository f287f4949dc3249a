/** The portable runner as a process: `portable-runner [-n SOFT] [-i SIGNAL]… SPOOL SLOTS`. What it does stands in portable-runner.ts. */

import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { closeInherited } from "../../system/process/inherited-files.js";
import { PortableRunner } from "./portable-runner.js";

/** There is nothing that one should make a runner do; SIGUSR1 has Node open a debugger. Those that tell of a fault of ours are left. */
const SIGNALS = [
  ...(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGVTALRM", "SIGUSR1", "SIGUSR2", "SIGIO"] as const),
  ...(["SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGXCPU", "SIGXFSZ"] as const),
];

const USAGE = "usage: portable-runner [-n SOFT] [-i SIGNAL]... SPOOL SLOTS";

function fail(message: string): never {
  writeSync(2, `air-executor-runner: ${message}\n`);
  process.exit(2);
}

function readNumber(text: string | undefined): number {
  if (text === undefined || !/^[1-9]\d{0,8}$/.test(text)) fail(USAGE);
  return Number(text);
}

/** Node has raised the limit, and what we start inherits it. Without the program it stays as it is. */
function lowerOpenFiles(soft: number): void {
  spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${soft}:`], { stdio: "ignore" });
}

async function main(words: string[]): Promise<void> {
  if (words[0] === "--version") {
    writeSync(1, "air-executor-runner 1\n");
    return;
  }
  closeInherited();
  const ignoredSignals: number[] = [];
  while (words[0]?.startsWith("-")) {
    const option = words.shift();
    const value = readNumber(words.shift());
    if (option === "-n") lowerOpenFiles(value);
    else if (option === "-i") ignoredSignals.push(value);
    else fail(USAGE);
  }
  const [spool, slots] = words;
  if (spool === undefined || words.length !== 2) fail(USAGE);
  const runner = new PortableRunner({ spool, slots: readNumber(slots), ignoredSignals }, (code) => process.exit(code));
  for (const signal of SIGNALS) process.on(signal, () => {});
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => runner.shutdown());
  await runner.open();
  process.stdin.on("data", (bytes: Buffer) => runner.take(bytes));
  process.stdin.on("end", () => runner.end());
  process.stdin.on("error", () => runner.end());
}

main(process.argv.slice(2)).catch((error: Error) => fail(error.message));
