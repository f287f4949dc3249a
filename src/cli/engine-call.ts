/** For verbs that do something to a job that is there: finds it, opens an executor for the call, and gives it back. */

import { AirExecutor } from "../index.js";
import type { Call } from "./command.js";
import { requireJob } from "./job-source.js";
import { printableLine } from "./render/printable.js";

/** @throws AirError `AIR_NOT_FOUND` if there is no such job: then nothing is made. */
export async function withJob(call: Call, act: (executor: AirExecutor, name: string) => Promise<void>): Promise<void> {
  const { args, settings, terminal } = call;
  const { JOB: name = "" } = args;
  requireJob(settings.dir(), name);
  await withExecutor({ settings, terminal }, (executor) => act(executor, name));
}

export async function withExecutor(
  { settings, terminal }: Pick<Call, "settings" | "terminal">,
  act: (executor: AirExecutor) => Promise<void>,
): Promise<void> {
  const onWarning = (message: string): void => terminal.err.write(`air-executor: ${printableLine(message)}\n`);
  const executor = await AirExecutor.open({ dir: settings.dir(), graceMs: settings.gracePeriodMs(), onWarning });
  try {
    await act(executor);
  } finally {
    await executor.close();
  }
}
