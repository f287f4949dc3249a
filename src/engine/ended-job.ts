/**
 * A job that had ended when its directory was opened: there is nothing to run, unless somebody has appended tasks to its tasks.json since.
 * Made by AirExecutor.
 */

import { eventsOfRewrite } from "./growth.js";
import { Job, type JobBackend } from "./job.js";
import { putDown } from "./put-down.js";
import { note, type OpenedJob } from "../store/directory/job-directory.js";
import { readStateFile } from "../store/snapshot/state-file.js";
import { SETTLE_MS } from "../store/snapshot/state-guard.js";
import { readStanding } from "../store/snapshot/tasks-rewrite.js";

/** The job, once its files say what its journal says and its lock is released. Edits that others made in tasks.json stay. */
export async function endedJob(opened: OpenedJob, backend: JobBackend): Promise<Job> {
  const { picture, paths, journal } = opened;
  // A crash came between the end and the last snapshot, or it is another program's job that was only taken in now.
  const { state, owner, warnings = [] } = readStateFile(paths.state)?.state ?? {};
  const isChanged = state !== picture.state || owner !== picture.owner || journal.isDoubtful;
  await putDown(opened, isChanged || JSON.stringify(warnings) !== JSON.stringify(picture.warnings));
  const summary = { ...picture.status(), isInterrupted: false, durationMs: 0 };
  return new Job(picture.name, picture.run.id, backend, Promise.resolve(summary));
}

/**
 * Takes in what was appended to the tasks of an ended job, which reopens it.
 *
 * @returns false if it has to be looked at again: the tasks look like another run's, whose state.json may be about to come.
 */
export async function takeInGrowth(opened: OpenedJob): Promise<boolean> {
  const { paths, picture } = opened;
  const nowMs = Date.now();
  const standing = await readStanding(paths.tasks, { picture, nowMs });
  if (standing === null) return true;
  const { rewrite, ageMs } = standing;
  if (rewrite.added.length + rewrite.refusals.length === 0) return true;
  if (!rewrite.isContinuation && ageMs < SETTLE_MS) return false;
  // Without new tasks nothing begins, and edits wait for a retry.
  const events = eventsOfRewrite(rewrite.added.length > 0 ? rewrite : { ...rewrite, edited: [], changes: [] }, picture, nowMs);
  if (events.length > 0) note(opened, events);
  return true;
}
