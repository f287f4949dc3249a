/**
 * Tells a new run from the one that we know. Anybody may write a job again under its name; a run is its `id` and `created_at`, byte for
 * byte. Asked when a job is opened and while it runs; changes nothing.
 */

import type { RunIdentity } from "../../domain/job.js";
import { findArchived } from "./archived-runs.js";
import type { JobPaths } from "../layout.js";
import type { Picture } from "../picture/picture.js";
import { compareRun, identityIn } from "./same-run.js";
import type { StateFile } from "./state-file.js";
import { createdEntry, lineHead } from "../text/task-line.js";

/** What is known of the present run. */
export interface KnownRun {
  readonly run: RunIdentity;
  /** Milliseconds since the epoch; null if it hasn't ended. */
  readonly completedAt: number | null;
}

/**
 * True if state.json is another run's. A file that gives no identity at all says so only by having been written after the run that we
 * know had ended.
 */
export function isAnotherRun({ state, stats }: StateFile, known: KnownRun, paths: JobPaths): boolean {
  if (state === null) return false;
  const { run, completedAt } = known;
  switch (compareRun(state, run)) {
    case "same":
      return false;
    case "none":
      return completedAt !== null && Number(stats.mtimeNs / 1_000_000n) > completedAt;
    case "another": {
      // A crash may leave the file of a run that is in `runs/` already.
      const given = identityIn(state);
      return given === null || findArchived(paths, given).found === null;
    }
  }
}

/**
 * True if this text of tasks.json is a snapshot of ours of this run, perhaps an old one: such tasks are never run under a new identity.
 * Nobody else writes these bytes: one task a line, compact, our keys in our order.
 */
export function isSnapshotOf(text: string, { name, tasks }: Picture): boolean {
  const [first, ...lines] = text.split("\n");
  const count = lines.indexOf("]");
  return (
    first === "[" &&
    count >= Math.min(1, tasks.length) &&
    count <= tasks.length &&
    tasks.slice(0, count).every((task, index) => {
      const line = lines[index]!;
      const hasOurKeys = line.includes(`,${createdEntry(task)},`) && line.includes(`,"attempts":`);
      return line.startsWith(`${lineHead(task, name)},"status":`) && hasOurKeys;
    })
  );
}
