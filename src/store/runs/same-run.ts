/**
 * The one place where identities of runs are compared: a run is its `id` and `created_at`, byte for byte, whoever wrote them and of whatever
 * kind they are. Pure.
 */

import type { RunIdentity } from "../../domain/job.js";
import type { StateEntries } from "../text/state-keys.js";

/** `none`: the file gives no identity at all. One that gives half of it, and that half is the run's, is the run's. */
export function compareRun(state: StateEntries, run: RunIdentity): "same" | "another" | "none" {
  const { id = null, created_at: createdAt = null } = state;
  if (id === null && createdAt === null) return "none";
  return (id === null || id === run.id) && (createdAt === null || createdAt === run.createdAt) ? "same" : "another";
}

/** The run that a file names; null if it doesn't name one whole. */
export function identityIn({ id, created_at: createdAt }: StateEntries): RunIdentity | null {
  return typeof id === "string" && typeof createdAt === "string" ? { id, createdAt } : null;
}
