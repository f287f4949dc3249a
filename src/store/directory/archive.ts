/**
 * Keeps an earlier run of a name in `runs/<its id>/`: its journal, its logs and pieces of input, and its two JSON files made from the journal's picture (the
 * files in the job's directory may be a newer run's by now). Called under the job's lock before a new run begins.
 *
 * Can be broken off at any instant and done again: until the new run's journal replaces the old one, the old one stands.
 */

import { linkSync, rmSync } from "node:fs";
import { findArchived } from "../runs/archived-runs.js";
import type { JobPaths } from "../layout.js";
import type { Picture } from "../picture/picture.js";
import { syncFile } from "../../system/write/large-file.js";
import { copyRegular, moveDirectory } from "../../system/write/move-directory.js";
import { isThere } from "../../system/look/path-look.js";
import { ensurePrivateDirectory } from "../../system/write/private-directory.js";
import { Snapshots } from "../snapshot/snapshot.js";

export async function archiveRun(paths: JobPaths, picture: Picture): Promise<void> {
  const { found, free } = findArchived(paths, picture.run);
  const archived = found ?? free;
  ensurePrivateDirectory(paths.runs);
  ensurePrivateDirectory(archived.dir);
  for (const place of ["logs", "inputs"] as const) {
    if (isThere(paths[place]) && !isThere(archived[place])) await moveDirectory(paths[place], archived[place]);
  }
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
}
