/** A job that had ended when its directory was opened: there is nothing to run, only files to bring up to date. Made by AirExecutor. */

import { Job } from "./job.js";
import { closeJob, openWriter, type OpenedJob } from "./store/job-directory.js";
import { readStateFile } from "./store/state-file.js";

/** The job, once its files say what its journal says and its lock is released. What others wrote into tasks.json stays. */
export async function endedJob(opened: OpenedJob): Promise<Job> {
  const { picture, paths } = opened;
  const writer = openWriter(opened, { durability: "grouped", onTrouble: () => {}, onReady: () => {} });
  try {
    // A crash came between the end and the last snapshot, or it is another program's job that was only taken in now.
    const { state, owner } = readStateFile(paths.state)?.state ?? {};
    if (state !== picture.state || owner !== picture.owner) await writer.settle();
  } finally {
    await writer.close();
    await closeJob(opened);
  }
  const summary = { ...picture.status(), isInterrupted: false, durationMs: 0 };
  return new Job(picture.name, picture.run.id, { status: () => picture.status(), cancel: () => {} }, Promise.resolve(summary));
}
