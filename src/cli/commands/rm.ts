/** `rm JOB`: removes a job, with its logs and its earlier runs. One that runs is ended first. */

import type { Call } from "../command.js";
import { withJob } from "../engine-call.js";
import { exitCode } from "../exit-codes.js";
import { printableLine } from "../render/printable.js";

export async function execute(call: Call): Promise<number> {
  const { settings, terminal } = call;
  await withJob(call, async (executor, name) => {
    await executor.remove(name);
    if (settings.isOn("json")) terminal.out.write(`${JSON.stringify({ removed: name })}\n`);
    else if (!settings.isOn("quiet")) terminal.err.write(`job ${printableLine(name)} removed\n`);
  });
  return exitCode.completed;
}
