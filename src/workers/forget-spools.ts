/** Removes what earlier engines left in `lanes/`, once nobody needs it. Called by worker.ts. */

import { closeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { isLaneAlive } from "./lane-liveness.js";
import { isSystemError } from "../system/error-code.js";
import { isSpoolName, openForReading, removeSpool, SpoolReader, spoolPath } from "./spool.js";

/** A lane without an engine goes as soon as it has recorded the end of its task. */
const POLL_MS = 20;
const ROUNDS = 10;

/** Spools whose lanes are gone; others stay. A lane that is just about to go is waited for. */
export async function forgetSpools(lanesDirectory: string, names: readonly string[]): Promise<void> {
  let left = names.filter(isSpoolName);
  for (let round = 0; round < ROUNDS && left.length > 0; round++) {
    if (round > 0) await delay(POLL_MS);
    left = left.filter((name) => !forgetSpool(spoolPath(lanesDirectory, name)));
  }
}

/** False if its lane still lives, or may. */
function forgetSpool(path: string): boolean {
  const fd = openForReading(path);
  if (fd === undefined) return true;
  const reader = new SpoolReader([]);
  try {
    reader.read(fd);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  } finally {
    closeSync(fd);
  }
  if (isLaneAlive(reader.lane, path).answer === "no") {
    removeSpool(path);
    return true;
  }
  return false;
}
