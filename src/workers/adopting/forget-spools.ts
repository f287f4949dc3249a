/** Removes what earlier runners left in `lanes/`, once nobody needs it. */

import { rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isSystemError, isWantOfRoom } from "../../system/look/error-code.js";
import { certain } from "../../system/look/look.js";
import { listDirectory } from "../../system/look/path-look.js";
import { isEngineAlive } from "../engine-token.js";
import { isSpoolName, lanesDirectoryOf, spoolPath } from "../spool-name.js";
import { recallPath } from "./lane-spool.js";
import { openAdopted } from "./open-adopted.js";
import { unendedIn } from "./unended.js";

/** A runner without an engine goes as soon as it has recorded the end of its last task. */
const POLL_MS = 20;
const ROUNDS = 10;

/**
 * The spools whose engine is gone: their names.
 *
 * @throws the system's error if that can't be told now.
 */
export function leftSpools(directory: string): string[] {
  const files = listDirectory(lanesDirectoryOf(directory));
  const names = files.answer === "other" ? [] : (certain(files) ?? []);
  return spoolNames(names).filter(isEngineGone);
}

/** Whoever has its number by now may not be for us to look at: then it is not known to be gone. */
export function isEngineGone(spool: string): boolean {
  const look = isEngineAlive(spool);
  if (look.answer === "unknown" && isWantOfRoom(look.why)) throw look.why;
  return look.answer === "no";
}

/** Those of one engine. What can't be removed now is left to a later one, as of an engine that was killed. */
export function removeSpoolsOf(token: string, lanesDirectory: string): void {
  const files = listDirectory(lanesDirectory);
  for (const name of spoolNames(files.answer === "yes" ? files.found : []))
    if (name.startsWith(`${token}-`)) removeSpool(spoolPath(lanesDirectory, name));
}

export function spoolNames(files: readonly string[]): string[] {
  return files.map((file) => file.replace(/\.spool$/, "")).filter(isSpoolName);
}

/** Spools whose runners are gone, and all that they ran; others stay. A runner that is just about to go is waited for. */
export async function forgetSpools(lanesDirectory: string, names: readonly string[]): Promise<void> {
  let left = names.filter(isSpoolName);
  for (let round = 0; round < ROUNDS && left.length > 0; round++) {
    if (round > 0) await delay(POLL_MS);
    const kept: string[] = [];
    for (const name of left) if (!(await forgetSpool(spoolPath(lanesDirectory, name)))) kept.push(name);
    left = kept;
  }
}

/** With its recall file and what a portable runner that was killed had for the shells of its tasks, as far as the disk lets us. */
function removeSpool(path: string): void {
  const files = listDirectory(dirname(path));
  const scripts = (files.answer === "yes" ? files.found : []).filter((file) => file.startsWith(`${basename(path)}.`));
  for (const file of [recallPath(path), ...scripts.map((name) => join(dirname(path), name)), path]) {
    try {
      rmSync(file, { force: true });
    } catch {
      // As it is.
    }
  }
}

/** Whether what has outlived its runner is still there: without the spool it would be known to nobody. */
async function runsOn(path: string): Promise<boolean> {
  return (await unendedIn(path)).some(({ processes }) => processes.length > 0);
}

/** False if its runner still lives, or may, or the disk refuses. */
async function forgetSpool(path: string): Promise<boolean> {
  try {
    const spool = await openAdopted(path, []);
    if (spool === null) return true;
    try {
      spool.read();
      if (spool.isAlive().answer !== "no") return false;
      if (spool.isOfEarlierBoot() || !(await runsOn(path))) removeSpool(path);
      return true;
    } finally {
      spool.close();
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}
