/**
 * A lock that dies with its owner: held by an open file, so it needs no unlock after `kill -9`, is kept through SIGSTOP and is not
 * inherited by tasks (descriptors are close-on-exec).
 *
 * Node has no flock(2): on Linux the program `flock` takes the lock on our open file description and exits; the lock stays with the
 * description, that is with us. On macOS open(2) itself can take it (O_EXLOCK).
 */

import { spawn } from "node:child_process";
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { AirError } from "../domain/errors.js";

export interface Lock {
  release(): void;
}

const MACOS_O_EXLOCK = 0x20;

/**
 * Takes the lock that lives in the file `path`, which is created if missing, or throws.
 *
 * @param what names the thing for the error: `job "etl"`.
 * @throws AirError `AIR_LOCKED` naming the holder's pid and since when; `AIR_SYSTEM` if locking is not possible here.
 */
export async function takeLock(path: string, what: string): Promise<Lock> {
  // The file may be removed with its directory and made again between opening and locking: then the lock guards nothing.
  for (let round = 0; round < 10; round++) {
    const fd = openLockFile(path, what);
    try {
      if (process.platform === "linux" && !(await flock(fd))) throw held(path, what);
      if (isStillAt(path, fd)) {
        ftruncateSync(fd);
        writeSync(fd, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`, 0);
        return { release: () => closeSync(fd) };
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
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") throw held(path, what);
    throw error;
  }
}

/** False if somebody else holds it. */
function flock(fd: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("flock", ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
    child.once("error", (error) =>
      reject(
        new AirError("AIR_SYSTEM", `cannot run the program flock (${error.message}): install the package util-linux.`, {
          cause: error,
        }),
      ),
    );
    child.once("exit", (code) => resolve(code === 0));
  });
}

function isStillAt(path: string, fd: number): boolean {
  const ours = fstatSync(fd);
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

function held(path: string, what: string): AirError {
  let holder = "another process";
  try {
    const { pid, since } = JSON.parse(readFileSync(path, "utf8")) as { pid: number; since: string };
    holder = `process ${pid} since ${since}`;
  } catch {
    // It has the lock but has not said who it is yet.
  }
  return new AirError("AIR_LOCKED", `${what} is held by ${holder}: wait for it, or stop it first.`);
}
