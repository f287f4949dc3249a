/** For a job that was opened although nothing of it is to run here: its files are brought up to date and it is given back. */

import { eventsOfRewrite } from "./growth.js";
import { closeJob, openWriter, type OpenedJob } from "../store/directory/job-directory.js";

/** @param isChanged false if its files may stay as they are. */
export async function putDown(opened: OpenedJob, isChanged: boolean): Promise<void> {
  const writer = openWriter(opened, {
    durability: "grouped",
    onTrouble: () => {},
    onReady: () => {},
    onRewrite: (rewrite) => writer.record(eventsOfRewrite(rewrite, opened.picture, Date.now())),
  });
  try {
    if (isChanged) await writer.settle();
  } finally {
    await writer.close();
    await closeJob(opened);
  }
}
