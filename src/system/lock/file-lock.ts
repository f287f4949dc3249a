/**
 * The lock of an open file of ours, which dies with us: on Linux flock.ts takes it, on macOS open(2) itself can (O_EXLOCK). The file is the
 * one that is to be protected, and says nothing of who holds it: lock.ts has those that do.
 */

import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../../domain/errors.js";
import { codeOf } from "../look/error-code.js";
import { flock } from "./flock.js";
import { letGo } from "../look/let-go.js";
import { lookAtHolder, type LockHolder } from "./lock-holder.js";
import { readProcess } from "../process/process-table.js";
import { lookToAppend } from "../read/open-file.js";
import { presenceOf } from "../look/presence.js";

export const MACOS_O_EXLOCK = process.platform === "darwin" ? 0x20 : 0;
/** How often a file may be replaced while we take it. */
export const ROUNDS = 10;
/** A holder that has not said who it is: between two looks at it. */
export const SILENT_HOLDER_MS = 10;

/**
 * Takes the lock of a file that is there, and says nothing in it: the one that is to be protected. Opens it for appending.
 *
 * @returns its descriptor, which holds the lock until it is closed; null if there is no such file, or something else in its place.
 * @throws AirError `AIR_LOCKED`, `AIR_SYSTEM`; the system's error.
 */
export async function lockFile(path: string, what: string): Promise<number | null> {
  for (let round = 0; round < ROUNDS; round++) {
    const file = lookToAppend(path, MACOS_O_EXLOCK);
    if (file.answer === "no" || file.answer === "other") return null;
    if (file.answer === "unknown") throw MACOS_O_EXLOCK !== 0 && codeOf(file.why) === "EAGAIN" ? held(path, what) : file.why;
    const fd = file.found;
    try {
      if (await lockOpen(fd)) {
        if (presenceOf(path, fd) === "here") return fd;
      } else {
        // A holder that was killed gives back one file after another.
        if (round === ROUNDS - 1) throw held(path, what);
        await pause(SILENT_HOLDER_MS);
      }
    } catch (error) {
      letGo(fd);
      throw error;
    }
    letGo(fd);
  }
  throw replacedAgain(path);
}

/** Takes the lock of an open file that nobody else can have yet. False if somebody has it all the same. */
export function lockOpen(fd: number): Promise<boolean> {
  // On macOS it was taken as the file was opened.
  return process.platform === "linux" ? flock(fd) : Promise.resolve(true);
}

export function replacedAgain(path: string): AirError {
  return new AirError("AIR_SYSTEM", `${path} is replaced again and again by something else: stop that first.`);
}

export function held(path: string, what: string): AirError {
  const look = lookAtHolder(path);
  return lockedBy(what, look.answer === "yes" ? look.found : null);
}

/** @param holder null if he has the lock but has not said yet who he is */
export function lockedBy(what: string, holder: LockHolder | null): AirError {
  const where = holder?.host === undefined ? "" : ` on ${holder.host}`;
  const who = holder === null ? "another process" : `process ${holder.pid}${where} since ${holder.since}`;
  const isStopped = holder !== null && holder.host === undefined && isStoppedNow(holder.pid);
  const way = isStopped ? `it is stopped; kill -CONT ${holder.pid} lets it go on` : "wait for it, or stop it first";
  return new AirError("AIR_LOCKED", `${what} is held by ${who}: ${way}.`);
}

function isStoppedNow(pid: number): boolean {
  const look = readProcess(pid);
  return look.answer === "yes" && look.found.isStopped;
}
