/** An executor for one call of a verb. Loads the engine: so it is imported only when it is certain that one is needed. */

import { AirExecutor } from "../index.js";
import type { Call } from "./command.js";
import { warnOn } from "./terminal/warn.js";

/** Gives it back, whichever way `act` goes. */
export async function withExecutor<Result>(
  { settings, terminal }: Pick<Call, "settings" | "terminal">,
  act: (executor: AirExecutor) => Promise<Result>,
  onWarning = warnOn(terminal),
): Promise<Result> {
  const executor = await AirExecutor.open({
    dir: settings.dir(),
    graceMs: settings.gracePeriodMs(),
    onWarning,
  });
  try {
    return await act(executor);
  } finally {
    await executor.close();
  }
}
