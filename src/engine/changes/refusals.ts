/** What a job is in that it takes no change just now. Pure. */

import { AirError } from "../../domain/errors.js";
import type { Picture } from "../../store/picture/picture.js";

/** A map takes its tasks from its input alone, and those that have ended are out of reach until it has. */
export function refuseOfMap({ name, had, isOver }: Picture): void {
  if (had === null) return;
  if (isOver) throw new AirError("AIR_CLOSED", `job "${name}" is over.`);
  const message = `job "${name}" is a map that has not ended: its tasks come from its input. Cancel it, or wait for its end.`;
  throw new AirError("AIR_CONFLICT", message);
}

/** Of a job that nobody runs. */
export function refuseWhileCancelling({ name, isCancelling, isOver }: Picture): void {
  if (!isCancelling || isOver) return;
  const message = `job "${name}" is being cancelled: wait for its end, or cancel it once more to bring that about.`;
  throw new AirError("AIR_CONFLICT", message);
}
