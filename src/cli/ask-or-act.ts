/** For verbs that do something to a job that is there: whoever holds it is asked, and only where nobody does an engine is loaded. */

import type { AirExecutor } from "../index.js";
import type { Call } from "./command.js";

/** @param ask null if there is nobody who could be asked. */
export async function askOrAct<Result>(
  call: Pick<Call, "args" | "settings" | "terminal">,
  ask: Promise<Result | null>,
  act: (executor: AirExecutor) => Promise<Result>,
): Promise<Result> {
  const answer = await ask;
  if (answer !== null) return answer;
  const { withExecutor } = await import("./open-executor.js");
  return withExecutor(call, call.args["JOB"] ?? null, act);
}
