/** That of a job nothing runs on of which no record of it speaks, before anything of that name begins. */

import { setTimeout as pause } from "node:timers/promises";
import type { TaskRunner } from "../domain/ports.js";
import type { Picture } from "../store/picture/picture.js";
import { certainClaimsInUse, claimsOf } from "../store/view/claims-in-use.js";
import { explainRefusal } from "../system/look/refusal.js";
import { isSystemError, systemWords } from "../system/look/error-code.js";

const AGAIN_MS = 250;

export interface StraysOptions {
  readonly runner: TaskRunner;
  readonly dir: string;
  /** For so long it is tried again, if the system refuses a look. */
  readonly patienceMs: number;
  readonly onWarning: (message: string) => void;
  /** Throws where nothing is to begin any more. */
  readonly requireOpen: () => void;
}

/** @throws as `TaskRunner.endStrays`. */
export async function endStrays(picture: Picture, options: StraysOptions): Promise<void> {
  const { runner, dir, onWarning } = options;
  const own = () => claimsOf([picture]);
  const ended = await patiently(picture, options, async () =>
    runner.endStrays?.(picture.name, own, () => certainClaimsInUse(dir)),
  );
  if (ended === undefined || ended === 0) return;
  const [what, were] = ended === 1 ? ["a task", "was"] : [`${ended} tasks`, "were"];
  onWarning(
    `job "${picture.name}": ${what} of an earlier run, whose record is gone, ${were} still running, and ${were} ended first`,
  );
}

/** What the system refuses may pass: a want of handles, a disk that fails. */
async function patiently<T>({ name }: Picture, options: StraysOptions, act: () => Promise<T>): Promise<T> {
  const { patienceMs, onWarning, requireOpen } = options;
  const deadline = performance.now() + patienceMs;
  for (let isSaid = false; ; isSaid = true) {
    try {
      return await act();
    } catch (error) {
      if (!isSystemError(error) || performance.now() > deadline) throw explainRefusal(error, `job "${name}"`);
      const why = systemWords(error);
      if (!isSaid)
        onWarning(`job "${name}": what an earlier engine may have left running can't be looked for now (${why}); waiting`);
    }
    await pause(AGAIN_MS);
    requireOpen();
  }
}
