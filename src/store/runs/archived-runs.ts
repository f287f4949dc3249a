/** Where the earlier runs of a name are kept: `runs/<id>/`. Finds them and finds ids for new ones; writes nothing (archive.ts does). */

import { join } from "node:path";
import type { RunIdentity } from "../../domain/job.js";
import { jobPaths, type JobPaths } from "../layout.js";
import { idOfStem, logFileName } from "../names.js";
import { compareRun } from "./same-run.js";
import { certain } from "../../system/look/look.js";
import { listDirectory, lookAt } from "../../system/look/path-look.js";
import { lookAtState } from "./state-file.js";

/**
 * Where an earlier run was kept, if it was, and else where there is room for it: two runs that were dropped within the same second have
 * the same id, and the second one gets a number behind it.
 *
 * @throws the system's error if that can't be told now.
 */
export function findArchived(paths: JobPaths, run: RunIdentity): { readonly found: JobPaths | null; readonly free: JobPaths } {
  const runs = certain(lookAt(paths.runs));
  for (let number = 1; ; number++) {
    const archived = archivedPaths(paths, number === 1 ? run.id : `${run.id}-${number}`);
    if (runs?.isDirectory() !== true) return { found: null, free: archived };
    const file = lookAtState(archived.state);
    // Whatever that is, it is no run of ours, and not to be written over.
    if (file.answer === "other") continue;
    const state = certain(file)?.state ?? null;
    if (state === null) return { found: null, free: archived };
    if (compareRun(state, run) === "same") return { found: archived, free: archived };
  }
}

/** The paths of an earlier run. Its id was written by whoever made the job, so it is encoded like a task's. */
export function archivedPaths(paths: JobPaths, runId: string): JobPaths {
  return jobPaths(join(paths.runs, archiveName(runId)));
}

/** The names of their directories; none if something else is in the place of `runs/`. Throws as `findArchived`. */
export function archivedRuns(paths: JobPaths): readonly string[] {
  const runs = listDirectory(paths.runs);
  return runs.answer === "other" ? [] : (certain(runs) ?? []);
}

/** Their ids: with such a one `archivedPaths` finds the run again. */
export function archivedIds(paths: JobPaths): string[] {
  return archivedRuns(paths).map(idOfStem);
}

/** An id that no run of this name has had: `NAME-<unix seconds>`, with a number behind it if that one is taken. */
export function newRunId(paths: JobPaths, name: string, nowMs: number, current: string | null): string {
  const taken = new Set(archivedRuns(paths));
  const base = `${name}-${Math.floor(nowMs / 1000)}`;
  let id = base;
  for (let number = 2; id === current || taken.has(archiveName(id)); number++) id = `${base}-${number}`;
  return id;
}

function archiveName(runId: string): string {
  return logFileName(runId).replace(/\.log$/, "");
}
