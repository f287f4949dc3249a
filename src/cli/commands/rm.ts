/** `rm JOB`: removes a job, with its logs and its earlier runs. One that runs is ended first. */

import { askToCancel, prepareBase, removeJob } from "../../internal.js";
import type { Call } from "../command.js";
import { askOrAct } from "../ask-or-act.js";
import { exitCode } from "../exit-codes.js";
import { requireJob } from "../job-source.js";
import { printableLine } from "../render/printable.js";
import { warnOn } from "../terminal/warn.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function execute(call: Call): Promise<number> {
  const { args, settings, terminal } = call;
  const { JOB: name = "" } = args;
  const dir = directoryFromHere(settings.dir());
  requireJob(settings.dir(), name);
  prepareBase(dir).forEach(warnOn(terminal));
  const end = () => askOrAct<unknown>(call, askToCancel(dir, name, null), (executor) => executor.cancel(name));
  const warn = warnOn(terminal);
  let isAllDeleted = true;
  const onWarning = (message: string): void => {
    isAllDeleted = false;
    warn(message);
  };
  await removeJob(dir, name, { end, onWarning });
  if (settings.isOn("json")) terminal.out.write(jsonLine({ removed: name }));
  else if (!settings.isOn("quiet")) terminal.err.write(`job ${printableLine(name)} removed\n`);
  return isAllDeleted ? exitCode.completed : exitCode.environment;
}
