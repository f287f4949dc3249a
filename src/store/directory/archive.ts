/**
 * Keeps an earlier run of a name in `runs/<its id>/`: its journal, its logs and pieces of input, and its two JSON files made from the journal's picture (the
 * files in the job's directory may be a newer run's by now). Called under the job's lock before a new run begins.
 *
 * Can be broken off at any instant and done again: until the new run's journal replaces the old one, the old one stands, and whoever opens the
 * job takes back what was kept of it.
 */

import { linkSync, renameSync, rmSync } from "node:fs";
import { findArchived } from "../runs/archived-runs.js";
import type { JobPaths } from "../layout.js";
import type { Picture } from "../picture/picture.js";
import { syncFile } from "../../system/write/large-file.js";
import { copyRegular, moveDirectory } from "../../system/write/move-directory.js";
import { isThere } from "../../system/look/path-look.js";
import { ensurePrivateDirectory } from "../../system/write/private-directory.js";
import { Snapshots } from "../snapshot/snapshot.js";

const MOVED = ["logs", "inputs"] as const;

export async function archiveRun(paths: JobPaths, picture: Picture): Promise<void> {
  const archived = placeOf(paths, picture);
  ensurePrivateDirectory(paths.runs);
  ensurePrivateDirectory(archived.dir);
  if (isThere(paths.journal)) {
    rmSync(archived.journal, { force: true });
    try {
      linkSync(paths.journal, archived.journal);
    } catch {
      // Not every file system has links.
      copyRegular(paths.journal, archived.journal);
      await syncFile(archived.journal);
    }
  }
  await new Snapshots(archived, picture, null).writeSynced(async () => {});
  // Last, and quick: from now on until the new journal is there `logs` shows nothing.
  for (const place of MOVED) {
    if (isThere(paths[place]) && !isThere(archived[place])) await moveDirectory(paths[place], archived[place]);
  }
}

/** The run is still the job's own if keeping it was broken off: it may go on, or be retried, and must not lie in `runs/` as well. */
export async function takeBack(paths: JobPaths, picture: Picture): Promise<void> {
  const archived = placeOf(paths, picture);
  if (!isThere(archived.dir)) return;
  for (const place of MOVED) {
    if (isThere(archived[place]) && !isThere(paths[place])) await moveDirectory(archived[place], paths[place]);
  }
  for (const file of ["tasks", "state"] as const) {
    if (isThere(archived[file]) && !isThere(paths[file])) renameSync(archived[file], paths[file]);
  }
  // Somebody has put an earlier run in the place of the job: both have their logs.
  if (MOVED.every((place) => !isThere(archived[place]))) rmSync(archived.dir, { recursive: true });
}

function placeOf(paths: JobPaths, { run }: Picture): JobPaths {
  const { found, free } = findArchived(paths, run);
  return found ?? free;
}
