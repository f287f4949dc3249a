/** `submit FILE`: puts a job where the manager finds it, and comes back at once; with `--fresh` when an unfinished run of that name has ended. */

import { setTimeout as pause } from "node:timers/promises";
import { AirError, dropJob, readJobFile, type JobSpec, type JobStatus } from "../../index.js";
import { findManager, managerData } from "../../manager/daemon.js";
import { fileWishes } from "../file-wishes.js";
import { exitCode } from "../exit-codes.js";
import { jobNameOf } from "../job-source.js";
import { printableLine } from "../render/printable.js";
import { placeOption } from "../shell-word.js";
import type { Call } from "../command.js";
import { jsonLine } from "../render/json-line.js";

const LOOK_EVERY_MS = 50;

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { FILE: file = "" } = args;
  const dir = settings.dir();
  const { out, err } = terminal;
  const spec = await readJobFile(file, fileWishes(settings, terminal));
  const wanted = jobNameOf(spec, file, settings.text("name"));
  const { name, id, state } = await (settings.isOn("fresh") ? dropAnew : drop)(wanted, spec, { settings, terminal });
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

type Surroundings = Pick<Call, "settings" | "terminal">;

function drop(name: string, spec: JobSpec, { settings, terminal: { err } }: Surroundings): Promise<JobStatus> {
  const onWarning = (message: string): void => err.write(`air-executor: ${printableLine(message)}\n`);
  return dropJob(name, spec, { dir: settings.dir(), onWarning });
}

/** Whoever has an unfinished run of that name in hand is to end it, and gives it back when it has ended. */
async function dropAnew(name: string, spec: JobSpec, call: Surroundings): Promise<JobStatus> {
  const { withExecutor } = await import("../open-executor.js");
  return withExecutor(call, name, async (executor) => {
    for (;;) {
      await executor.cancel(name).catch(unless("AIR_NOT_FOUND"));
      const dropped = await drop(name, spec, call).catch(unless("AIR_LOCKED"));
      if (dropped !== undefined) return dropped;
      await pause(LOOK_EVERY_MS);
    }
  });
}

/** Takes an error of that kind for no answer. */
function unless(code: AirError["code"]): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof AirError) || error.code !== code) throw error;
  };
}
