/** `add JOB FILE`, `add JOB --id ID -- COMMAND`: adds tasks to a job, whoever runs it. */

import { join } from "node:path";
import { readJobFile, viewJob, viewPaths, type Added, type AirExecutor } from "../../index.js";
import { findManager } from "../../manager/daemon.js";
import type { Call } from "../command.js";
import { withJob } from "../engine-call.js";
import { exitCode } from "../exit-codes.js";
import { formatTasks } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import { placeOption, quoteForShell } from "../shell-word.js";
import { UsageError } from "../usage-error.js";

export async function execute(call: Call): Promise<number> {
  const { settings, terminal } = call;
  const add = await readAddition(call);
  await withJob(call, async (executor, name) => {
    const { added, present, isRunning } = await add(executor, name);
    if (settings.isOn("json")) {
      terminal.out.write(`${JSON.stringify({ job: name, added, present, running: isRunning })}\n`);
    } else if (!settings.isOn("quiet")) {
      const known = present.length === 0 ? "" : `, ${formatTasks(present.length)} had been there before`;
      const next = isRunning ? "" : `; ${whoGoesOn(call, name)}`;
      terminal.err.write(`${formatTasks(added.length)} added to job ${printableLine(name)}${known}${next}\n`);
    }
  });
  return exitCode.completed;
}

/** Everything is checked before anything is opened. */
async function readAddition({ args, rest, settings }: Call): Promise<(executor: AirExecutor, name: string) => Promise<Added>> {
  const { FILE: file } = args;
  const [command, ...commandArgs] = rest;
  const id = settings.text("id");
  const after = settings.text("after");
  if (file !== undefined) {
    if (command !== undefined) throw new UsageError("expected either a FILE or a command behind --, got both");
    if (id !== null || after !== null)
      throw new UsageError("--id and --after are for a command behind --: a FILE says them itself");
    const spec = await readJobFile(file, { isAddition: true });
    return (executor, name) => executor.addChecked(name, spec);
  }
  if (command === undefined) throw new UsageError("what to add is missing: a FILE, or a command behind --");
  if (id === null) throw new UsageError("--id is missing: every task of a job has an id of its own");
  const dependencies = after === null ? [] : after.split(",");
  return (executor, name) => executor.add(name, [{ id, command, args: commandArgs, dependencies }]);
}

function whoGoesOn({ settings }: Call, name: string): string {
  const place = placeOption(settings);
  const paths = viewPaths(settings.dir(), name);
  const isManagers = viewJob(paths, name, { withTasks: false }).state?.["owner"] === "manager";
  if (!isManagers) return `nobody runs it now: air-executor run ${quoteForShell(join(settings.dir(), "jobs", name))}`;
  return findManager(settings.dir()) === null ? `nobody runs it now: air-executor start${place}` : "the manager goes on with it";
}
