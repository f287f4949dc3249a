/** `add JOB FILE`, `add JOB --id ID -- COMMAND`: adds tasks to a job, whoever runs it. */

import { readJobFile, viewJob, viewPaths, type Added, type AirExecutor } from "../../index.js";
import { addition, askToAdd, tasksOfAddition } from "../../internal.js";
import { findManager } from "../../manager/daemon.js";
import type { Call } from "../command.js";
import { askOrAct } from "../ask-or-act.js";
import { fileWishes } from "../file-wishes.js";
import { exitCode } from "../exit-codes.js";
import { requireJob } from "../job-source.js";
import { formatTasks } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import { waitsFor, whyStopped } from "../waits-for.js";
import { UsageError } from "../command-line/usage-error.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function execute(call: Call): Promise<number> {
  const { args, settings, terminal } = call;
  const { JOB: name = "" } = args;
  const { ask, act } = await readAddition(call, name);
  requireJob(settings.dir(), name);
  const { added, present, isRunning } = await askOrAct(call, ask(), act);
  if (settings.isOn("json")) {
    terminal.out.write(jsonLine({ job: name, added, present, running: isRunning }));
  } else if (!settings.isOn("quiet")) {
    const known = present.length === 0 ? "" : `, ${formatTasks(present.length)} had been there before`;
    const next = isRunning ? "" : `; ${whoGoesOn(call, name)}`;
    terminal.err.write(`${formatTasks(added.length)} added to job ${printableLine(name)}${known}${next}\n`);
  }
  return exitCode.completed;
}

interface Addition {
  readonly ask: () => Promise<Added | null>;
  readonly act: (executor: AirExecutor) => Promise<Added>;
}

/** Everything is checked before anything is opened, but for a task that was typed: whoever takes it in does that. */
async function readAddition({ args, rest, settings, terminal }: Call, name: string): Promise<Addition> {
  const { FILE: file } = args;
  const [command, ...commandArgs] = rest;
  const id = settings.text("id");
  const after = settings.text("after");
  const dir = directoryFromHere(settings.dir());
  if (file !== undefined) {
    if (command !== undefined) throw new UsageError("expected either a FILE or a command behind --, got both");
    if (id !== null || after !== null)
      throw new UsageError("--id and --after are for a command behind --: a FILE says them itself");
    const spec = await readJobFile(file, { isAddition: true, ...fileWishes(settings, terminal) });
    const { there } = addition(tasksOfAddition(spec));
    return { ask: () => there(dir, name), act: (executor) => executor.addChecked(name, spec) };
  }
  if (command === undefined) throw new UsageError("what to add is missing: a FILE, or a command behind --");
  if (id === null) throw new UsageError("--id is missing: every task of a job has an id of its own");
  const dependencies = after === null ? [] : after.split(",");
  const tasks = [{ id, command, args: commandArgs, dependencies }];
  return { ask: () => askToAdd(dir, name, tasks), act: (executor) => executor.add(name, tasks) };
}

/** Of a manager's job what it waits for is left out: the manager may have met us while we had the job in hand. */
function whoGoesOn({ settings }: Call, name: string): string {
  const job = viewJob(viewPaths(settings.dir(), name), name, { withTasks: false });
  const manager = findManager(settings.dir());
  if (job.state?.["owner"] !== "manager" || manager.answer === "no")
    return waitsFor(settings)(job) || "somebody has begun to run it";
  const asleep = manager.answer === "yes" ? whyStopped("the manager", manager.found) : null;
  return asleep ?? "the manager goes on with it";
}
