/**
 * Whether somebody holds the lock of a file, asked without keeping it. Blocks for the milliseconds that a helper takes: for the rare case
 * in which nothing else tells. A file that is not there is locked by nobody who could be found by its name.
 */

import { spawnSync } from "node:child_process";
import { constants } from "node:fs";
import { codeOf } from "../look/error-code.js";
import { letGo } from "../look/let-go.js";
import { NO, unknown, yes, type Look } from "../look/look.js";
import { openLeased } from "../read/open-leased.js";

/** On macOS open(2) itself asks: a lock that is shared with others who look. */
const MACOS_O_SHLOCK = 0x10;
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const [TAKEN, HELD] = [0, 1];

export function lookAtLock(path: string): Look {
  let fd: number;
  try {
    fd = openLeased(path, process.platform === "darwin" ? READING | MACOS_O_SHLOCK : READING);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EAGAIN" && process.platform === "darwin") return yes(true);
    return code === "ENOENT" ? NO : unknown(error);
  }
  try {
    return process.platform === "darwin" ? NO : askFlock(fd);
  } finally {
    letGo(fd);
  }
}

function askFlock(fd: number): Look {
  // Shared: two who look don't see each other.
  const { status, error } = spawnSync("flock", ["-n", "-s", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  if (status === TAKEN) return NO;
  return status === HELD ? yes(true) : unknown(error ?? new Error(`flock ended with exit code ${status}`));
}
