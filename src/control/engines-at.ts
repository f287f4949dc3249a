/**
 * Which processes may have engines of a directory, for those who ask who holds a job though its lock does not tell: by the slates that lie
 * there, and by the sockets that were bound there, which the system knows also where all of the directory was removed and made anew.
 */

import { basename, dirname } from "node:path";
import { certain } from "../system/look/look.js";
import { listDirectory } from "../system/look/path-look.js";
import { isSameDirectory } from "../system/look/same-directory.js";
import { boundSockets } from "../system/process/bound-sockets.js";
import { isSocketName, pidOfSocket, shortDirectory, socketOfSlate } from "./socket-path.js";

/** Whoever binds by this reaches a directory whose path is too long. */
const BY_DESCRIPTOR = /^\/proc\/self\/fd\/\d+$/;

/**
 * Those that listen, or were killed while they did. Some may be engines of another directory.
 *
 * @param directory the `control` directory.
 * @throws the system's error if that can't be told now.
 */
export function enginesAt(directory: string): number[] {
  const files = listDirectory(directory);
  const slates = files.answer === "other" ? [] : (certain(files) ?? []);
  const beside = slates.filter((name) => name !== socketOfSlate(name)).map(socketOfSlate);
  const bound = boundSockets().filter((path) => isSocketName(basename(path)) && mayBeAt(dirname(path), directory));
  const names = [...beside.filter(isSocketName), ...bound.map((path) => basename(path))];
  return [...new Set(names.map(pidOfSocket))];
}

function mayBeAt(place: string, directory: string): boolean {
  return BY_DESCRIPTOR.test(place) || place === shortDirectory() || isSameDirectory(place, directory);
}
