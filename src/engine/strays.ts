/** That of a job nothing runs on of which no record of it speaks, before anything of that name begins. */

import type { TaskRunner } from "../domain/ports.js";
import type { Picture } from "../store/picture/picture.js";
import { claimsInUse, claimsOf } from "../store/view/claims-in-use.js";

/** @throws as `TaskRunner.endStrays`. */
export async function endStrays(
  picture: Picture,
  runner: TaskRunner,
  dir: string,
  onWarning: (message: string) => void,
): Promise<void> {
  const ended = await runner.endStrays?.(
    picture.name,
    () => claimsOf([picture]),
    () => claimsInUse(dir),
  );
  if (ended === undefined || ended === 0) return;
  const [what, were] = ended === 1 ? ["a task", "was"] : [`${ended} tasks`, "were"];
  onWarning(
    `job "${picture.name}": ${what} of an earlier run, whose record is gone, ${were} still running, and ${were} ended first`,
  );
}
