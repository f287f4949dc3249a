/** An executor for one call of a verb. Loads the engine: so it is imported only when it is certain that one is needed. */

import { AirExecutor } from "../index.js";
import { runsOnCluster } from "../internal.js";
import { directoryFromHere } from "../system/look/current-directory.js";
import type { Call } from "./command.js";
import { warnOn } from "./terminal/warn.js";

/** Gives it back, whichever way `act` goes. @param job that is worked on, if it is one. */
export async function withExecutor<Result>(
  { settings, terminal }: Pick<Call, "settings" | "terminal">,
  job: string | null,
  act: (executor: AirExecutor) => Promise<Result>,
  onWarning = warnOn(terminal),
): Promise<Result> {
  const executor = await AirExecutor.open({
    dir: settings.dir(),
    // What became of tasks on a cluster only its slots can tell.
    ...(job !== null && runsOnCluster(directoryFromHere(settings.dir()), job) && { slurm: {} }),
    graceMs: settings.gracePeriodMs(),
    onWarning,
  });
  try {
    return await act(executor);
  } finally {
    await executor.close();
  }
}
