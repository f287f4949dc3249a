/**
 * Where an engine's control socket is, and the path by which the system takes it. A socket's path may have about 107 bytes, and Node binds
 * another, shorter one in silence if it is longer: on Linux the directory is opened and named by its descriptor, elsewhere a long path is
 * an error. Used by server.ts and client.ts.
 */

import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { AirError } from "../domain/errors.js";

/** On the systems we know it is 104 or 108, with a byte for the end. */
const MAX_PATH_BYTES = 103;

export interface SocketPath {
  /** For bind and connect, until it is released. */
  readonly path: string;
  readonly release: () => void;
}

/**
 * @param directory ours alone, and there.
 * @throws AirError `AIR_SYSTEM` if the path is too long for this system; the file system's errors.
 */
export function reachSocket(directory: string, name: string): SocketPath {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, release: () => {} };
  if (process.platform !== "linux") {
    throw new AirError("AIR_SYSTEM", `${path} is too long for a socket, expected at most ${MAX_PATH_BYTES} bytes`);
  }
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  return { path: `/proc/self/fd/${fd}/${name}`, release: () => closeSync(fd) };
}

/** Names of sockets are made by us; one that a file gives must look like it. */
export function isSocketName(name: unknown): name is string {
  return typeof name === "string" && /^[0-9]+-[0-9a-f]+\.sock$/.test(name);
}
