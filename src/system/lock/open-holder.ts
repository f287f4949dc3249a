/**
 * Who has a file open and locked, as the system tells it of its processes: for a file that can't be read itself, since its disk fails, and for
 * one that is not at its path any more. Linux alone, and of that disk nothing is asked but what the directories above the file are.
 */

import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isWantOfRoom } from "../look/error-code.js";
import { isSameDirectory } from "../look/same-directory.js";
import { isDying } from "./dying-holder.js";
import type { LockHolder } from "./lock-holder.js";
import { agesOf, readProcess } from "../process/process-table.js";

/** Of the lock on an open file, as the system lists it there. */
const IS_LOCKED = /^lock:.*\bFLOCK\b.*\bWRITE\b/m;

/** Of our own user. Null if there is none, or it can't be told: of several one may be a helper that has the file for a moment. */
export function openHolder(path: string): LockHolder | null {
  if (process.platform !== "linux") return null;
  const file = realPath(path);
  try {
    const [pid, ...others] = processes().filter((other) => isOurs(other) && hasLocked(other, (name) => name === file));
    return pid === undefined || others.length > 0 ? null : describe(pid);
  } catch (error) {
    if (!isWantOfRoom(error)) throw error;
    return null;
  }
}

/**
 * Which of some processes has locked a file of a directory, under whatever name it was there: he holds what it guards though another may be in
 * its place. Null if none has, or nobody tells. One that was killed, and is about to be gone, has nothing more in hand.
 *
 * @throws the system's error for want of handles.
 */
export function holderWithin(directory: string, pids: readonly number[]): LockHolder | null {
  if (process.platform !== "linux" || pids.length === 0) return null;
  const isWithin = (file: string): boolean => isOf(directory, dirname(file));
  const pid = pids.find((other) => isOurs(other) && !isDying(other) && hasLocked(other, isWithin));
  return pid === undefined ? null : describe(pid);
}

/** The same name in the same directory: what lies there may have been removed, or be another by now. */
function isOf(directory: string, place: string): boolean {
  return basename(place) === basename(directory) && isSameDirectory(dirname(place), dirname(directory));
}

function describe(pid: number): LockHolder | null {
  const look = readProcess(pid);
  if (look.answer === "no" || look.answer === "unknown") return null;
  const [ageMs = 0] = agesOf([look.found]);
  return { pid, since: new Date(Date.now() - ageMs).toISOString() };
}

function processes(): number[] {
  return orElse([], () => readdirSync("/proc").map(Number).filter(Number.isInteger));
}

/** Of our user, and the same paths mean the same there. */
export function isOurs(pid: number): boolean {
  const isOfUser = (): boolean => statSync(`/proc/${pid}`).uid === process.geteuid?.();
  return orElse(false, () => isOfUser() && readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync("/proc/self/ns/mnt"));
}

function hasLocked(pid: number, isIt: (file: string) => boolean): boolean {
  const isLocked = (fd: string): boolean =>
    isIt(readlinkSync(`/proc/${pid}/fd/${fd}`)) && IS_LOCKED.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"));
  return orElse([], () => readdirSync(`/proc/${pid}/fd`)).some((fd) => orElse(false, () => isLocked(fd)));
}

/** Without links, as far as that can be told. */
function realPath(path: string): string {
  const parent = dirname(path);
  return orElse(null, () => realpathSync.native(path)) ?? (parent === path ? path : join(realPath(parent), basename(path)));
}

/** A process that ends meanwhile, or a disk that fails, gives no answer. A want of handles is ours, and passes: it is thrown. */
export function orElse<T>(otherwise: T, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (isWantOfRoom(error)) throw error;
    return otherwise;
  }
}
