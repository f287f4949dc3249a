/** That of a job nothing runs on of which no record of it speaks, before anything of that name begins. */

import type { TaskRunner } from "../domain/ports.js";
import { claimsInUse } from "../store/view/claims-in-use.js";

/** @throws as `TaskRunner.endStrays`. */
export async function endStrays(
  job: string,
  runner: TaskRunner,
  dir: string,
  onWarning: (message: string) => void,
): Promise<void> {
  const ended = await runner.endStrays?.(job, () => claimsInUse(dir));
  if (ended === undefined || ended === 0) return;
  const [what, were] = ended === 1 ? ["a task", "was"] : [`${ended} tasks`, "were"];
  onWarning(`job "${job}": ${what} of an earlier run, whose record is gone, ${were} still running, and ${were} ended first`);
}
