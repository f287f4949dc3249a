/**
 * Where an engine's control socket is, and the path by which the system takes it. A socket's path may have about 107 bytes, and Node binds
 * another, shorter one in silence if it is longer: on Linux the directory is opened and named by its descriptor, elsewhere sockets with a
 * long path lie in a short directory of this user. Server and client come to the same place by themselves.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AirError } from "../domain/errors.js";
import { codeOf } from "../system/look/error-code.js";
import { letGo } from "../system/look/let-go.js";
import { certain } from "../system/look/look.js";
import { openDirectory } from "../system/read/open-file.js";
import { lookAt } from "../system/look/path-look.js";

/** Under no job's name: on a slate, why the engine that writes it can't be reached. */
export const UNREACHED = "/";

/** On the systems we know it is 104 or 108, with a byte for the end. */
const MAX_PATH_BYTES = 103;
/** A pid, 12 digits and what stands around them. */
const MAX_NAME_BYTES = 30;

export interface SocketPath {
  /** For bind and connect, until it is released. */
  readonly path: string;
  readonly release: () => void;
}

export interface SocketPlace {
  /** Default: this system. */
  readonly platform?: NodeJS.Platform;
  /** The short directory's parent. Default `/tmp`: never TMPDIR, which may differ between the two sides. */
  readonly shortParent?: string;
}

/**
 * The directory that holds the sockets: the one that is given, or the short one in its stead, which is made. Names of sockets are unique on
 * the machine, so several directories of jobs may share it.
 *
 * @param directory ours alone, and there.
 * @throws AirError `AIR_UNSAFE_PATH` if the short one is not ours alone; the file system's errors.
 */
export function socketDirectory(
  directory: string,
  { platform = process.platform, shortParent = "/tmp" }: SocketPlace = {},
): string {
  if (platform === "linux" || Buffer.byteLength(directory) + 1 + MAX_NAME_BYTES <= MAX_PATH_BYTES) return directory;
  return makeShortDirectory(shortParent);
}

/** The short one: for where the path is long, and for file systems that have no sockets. @throws as `socketDirectory`. */
export function makeShortDirectory(shortParent = "/tmp"): string {
  const user = process.geteuid?.() ?? 0;
  const short = shortDirectory(shortParent);
  try {
    mkdirSync(short, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  const stats = certain(lookAt(short));
  if (stats !== null && stats.isDirectory() && stats.uid === user && (stats.mode & 0o077) === 0) return short;
  const remedy = stats === null || stats.uid === user ? "remove it" : `have it removed, by user ${stats.uid} or root`;
  throw new AirError(
    "AIR_UNSAFE_PATH",
    `${short} is not a directory of user ${user} alone (mode 0700), as sockets need: ${remedy}`,
  );
}

/** Where it would be. */
export function shortDirectory(shortParent = "/tmp"): string {
  return join(shortParent, `air-executor-${process.geteuid?.() ?? 0}`);
}

/**
 * @param directory what `socketDirectory` gives.
 * @throws the file system's errors.
 */
export function reachSocket(directory: string, name: string): SocketPath {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, release: () => {} };
  const fd = openDirectory(directory);
  return { path: `/proc/self/fd/${fd}/${name}`, release: () => letGo(fd) };
}

/** Where whoever listens at that socket says what his jobs wait for. */
export function slatePath(directory: string, name: string): string {
  return join(directory, name.replace(/\.sock$/, ".waits"));
}

/** Of the socket beside which that slate lies; no socket's name if it is none. */
export function socketOfSlate(name: string): string {
  return name.replace(/\.waits$/, ".sock");
}

/** Who listens at the socket of that name, or writes the slate beside it. */
export function pidOfSocket(name: string): number {
  return parseInt(name, 10);
}

/** Names of sockets are made by us; one that a file gives must look like it. */
export function isSocketName(name: unknown): name is string {
  return typeof name === "string" && /^[0-9]+-[0-9a-f]+\.sock$/.test(name);
}
