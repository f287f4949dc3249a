/**
 * A lock that dies with its owner: held by an open file, so it needs no unlock after `kill -9`, is kept through SIGSTOP and is not
 * inherited by tasks (descriptors are close-on-exec). On Linux flock.ts takes it, on macOS open(2) itself can (O_EXLOCK).
 */

import { closeSync, constants, existsSync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
import { AirError } from "../domain/errors.js";
import { flock } from "./flock.js";
import { describeHolder, lookAtHolder } from "./lock-holder.js";

/**
 * Where the lock's file is: at its path; gone for good (removed, or another in its place); or out of reach for now, as when a directory
 * above it was moved away or a file system isn't there.
 */
export type Presence = "here" | "removed" | "away";

export interface Lock {
  presence(): Presence;
  release(): void;
}

const MACOS_O_EXLOCK = 0x20;

/**
 * Takes the lock that lives in the file `path`, which is created if missing, or throws.
 *
 * @param what names the thing for the error: `job "etl"`.
 * @param socket the name of our control socket, for those who want something of us. Default: we have none.
 * @throws AirError `AIR_LOCKED` naming the holder's pid and since when; `AIR_UNSAFE_PATH` if something else is in its place; `AIR_SYSTEM` if locking is not possible here.
 */
export async function takeLock(path: string, what: string, socket: string | null = null): Promise<Lock> {
  // The file may be removed with its directory and made again between opening and locking: then the lock guards nothing.
  for (let round = 0; round < 10; round++) {
    const fd = openLockFile(path, what);
    try {
      if (!fstatSync(fd).isFile()) throw noFile(path);
      if (process.platform === "linux" && !(await flock(fd))) throw held(path, what);
      if (isStillAt(path, fd)) {
        const claim = describeHolder(fd, socket);
        ftruncateSync(fd);
        writeSync(fd, claim, 0);
        return { presence: () => presenceOf(path, fd), release: () => giveBack(fd) };
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
  throw new AirError("AIR_SYSTEM", `${path} is replaced again and again by something else: stop that first.`);
}

function openLockFile(path: string, what: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(path, process.platform === "darwin" ? flags | MACOS_O_EXLOCK : flags, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN") throw held(path, what);
    if (code === "ELOOP" || code === "EISDIR" || code === "ENXIO") throw noFile(path);
    throw error;
  }
}

function noFile(path: string): AirError {
  return new AirError("AIR_UNSAFE_PATH", `${path} is no regular file, expected a lock of our own: remove it`);
}

function isStillAt(path: string, fd: number): boolean {
  const ours = fstatSync(fd);
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

function presenceOf(path: string, fd: number): Presence {
  try {
    // The first look that can't fail for reasons of the path.
    if (fstatSync(fd).nlink === 0) return "removed";
    if (isStillAt(path, fd)) return "here";
    return existsSync(path) ? "removed" : "away";
  } catch {
    // A file system that doesn't answer.
    return "away";
  }
}

function held(path: string, what: string): AirError {
  const look = lookAtHolder(path);
  // It may have the lock but not have said who it is yet.
  const holder = look.answer === "yes" ? `process ${look.found.pid} since ${look.found.since}` : "another process";
  return new AirError("AIR_LOCKED", `${what} is held by ${holder}: wait for it, or stop it first.`);
}

/** We may live on: nobody is to read that we hold it. */
function giveBack(fd: number): void {
  try {
    ftruncateSync(fd);
  } catch {
    // A disk that takes nothing: then it says so until it is taken again.
  }
  closeSync(fd);
}
