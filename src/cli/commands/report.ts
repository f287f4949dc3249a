/** `report JOB|FILE`: writes the page of a run or a bench. Needs no engine, and none is disturbed. */

import { closeSync, constants, existsSync, lstatSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { AirExecutor, type Report } from "../../index.js";
import { benchDir } from "../../internal.js";
import { readBenchResult } from "../../sweep/read-result.js";
import type { Call } from "../command.js";
import { exitCode } from "../exit-codes.js";
import { findJob } from "../job-source.js";
import { printableLine } from "../render/printable.js";
import type { Settings } from "../command-line/settings.js";
import { quoteForShell } from "../shell-word.js";
import { explainSystemError } from "../system-error.js";
import { UsageError } from "../command-line/usage-error.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { SOURCE: source = "" } = args;
  const { out, err } = terminal;
  const { report, name } = await makeReport(source, settings);
  const output = settings.text("output") ?? `${name}-report.html`;
  if (output === "-") {
    if (settings.isOn("json")) throw new UsageError("--output - and --json both want standard output: leave one of them out");
    out.write(report.html);
  } else writePage(output, report.html);
  const note = report.note === null ? "" : `${printableLine(report.note)}\n`;
  if (!settings.isOn("quiet")) err.write(`${note}${output === "-" ? "" : `written: ${quoteForShell(output)}\n`}`);
  const path = output === "-" ? null : directoryFromHere(output);
  if (settings.isOn("json")) out.write(jsonLine({ path, bytes: Buffer.byteLength(report.html), note: report.note }));
  return exitCode.completed;
}

/** A file is the result of a bench; a name is a job's, or else a bench's. */
async function makeReport(source: string, settings: Settings): Promise<{ report: Report; name: string }> {
  const base = settings.dir();
  const result = findResult(source, base);
  const run = settings.text("run");
  // Before anything is made for it.
  if (result === null) findJob(base, source, { run, withTasks: false });
  const executor = await AirExecutor.open({ dir: base });
  try {
    if (result !== null) {
      const bench = readBenchResult(result);
      return { report: await executor.report(bench), name: `${plainName(bench.name)}-bench` };
    }
    const isEarlier = run !== null && existsSync(resolve(base, "jobs", source, "runs", run));
    return { report: await executor.report(source, isEarlier ? { run } : {}), name: source };
  } finally {
    await executor.close();
  }
}

/** Null if it is no bench. */
function findResult(source: string, base: string): string | null {
  if (statSync(source, { throwIfNoEntry: false })?.isFile() === true) return source;
  const dir = resolve(benchDir(base), source);
  const path = resolve(dir, "result.json");
  const isInPlace = basename(source) === source && !existsSync(resolve(base, "jobs", source));
  return isInPlace && existsSync(path) ? path : null;
}

/** What is there is replaced when the new page is whole; a pipe or a device, such as /dev/stdout, is written to. */
function writePage(path: string, html: string): void {
  const temporary = `${path}.tmp`;
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory() === true) throw new UsageError(`--output ${path} is a directory: expected the path of a file`);
    if (there !== undefined && !there.isFile()) {
      writeFileSync(path, html);
      return;
    }
    rmSync(temporary, { force: true });
    const handle = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
    try {
      writeFileSync(handle, html);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw explainSystemError(error, { place: path, otherwise: "choose another file with --output" });
  }
}

function plainName(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, "-");
}
