/** `submit FILE`: puts a job where the manager finds it, and comes back at once. */

import { dropJob, readJobFile } from "../../index.js";
import { findManager, managerData } from "../../manager/daemon.js";
import { fileWishes } from "../file-wishes.js";
import { exitCode } from "../exit-codes.js";
import { jobNameOf } from "../job-source.js";
import { printableLine } from "../render/printable.js";
import { placeOption } from "../shell-word.js";
import type { Call } from "../command.js";
import { jsonLine } from "../render/json-line.js";

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { FILE: file = "" } = args;
  const dir = settings.dir();
  const { out, err } = terminal;
  const spec = await readJobFile(file, fileWishes(settings, terminal));
  const onWarning = (message: string): void => err.write(`air-executor: ${printableLine(message)}\n`);
  const { name, id, state } = await dropJob(jobNameOf(spec, file, settings.text("name")), spec, { dir, onWarning });
  const manager = findManager(dir);
  if (settings.isOn("json")) out.write(jsonLine({ id, name, state, manager: managerData(manager) }));
  else if (!settings.isOn("quiet")) {
    const place = placeOption(settings);
    const next =
      manager.answer === "no" ? `no manager runs yet: air-executor start${place}` : `air-executor status ${name}${place}`;
    err.write(`submitted ${id}; ${next}\n`);
  }
  return exitCode.completed;
}
