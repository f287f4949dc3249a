/** Removes what engines that were killed have left of their sockets, and beside them. Of one that lives nothing is touched. */

import { unlinkSync, type Stats } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { listDirectory, lookAt } from "../system/look/path-look.js";
import type { Look } from "../system/look/look.js";
import { hasEnded } from "../system/process/process-table.js";
import { isSocketName, pidOfSocket, reachSocket, slatePath, socketOfSlate } from "./socket-path.js";

/** A socket that nobody listens at is left alone for so long: its engine may just be about to. */
const STALE_MS = 60_000;

/**
 * @param directory that holds the slates; `place` the sockets.
 * @param own the name of the socket that is ours.
 */
export function removeStaleSockets(directory: string, place: string, own: string): void {
  removeLoneSlates(directory, place);
  const names = listDirectory(place);
  for (const name of names.answer === "yes" ? names.found : []) {
    if (name === own || !isSocketName(name)) continue;
    const look = lookAt(join(place, name));
    if (!isStale(look)) continue;
    const { path, release } = reachSocket(place, name);
    const probe = connect(path, () => probe.destroy()).unref();
    probe.on("error", ({ code }: NodeJS.ErrnoException) => {
      if (code !== "ECONNREFUSED") return;
      remove(slatePath(directory, name));
      remove(join(place, name));
    });
    probe.on("close", release);
  }
}

/** Of engines that were killed before they listened. */
function removeLoneSlates(directory: string, place: string): void {
  const names = listDirectory(directory);
  for (const name of names.answer === "yes" ? names.found : []) {
    const socket = socketOfSlate(name);
    const isLone = isSocketName(socket) && lookAt(join(place, socket)).answer === "no" && hasEnded(pidOfSocket(name));
    if (isLone && isStale(lookAt(join(directory, name)))) remove(join(directory, name));
  }
}

function isStale(look: Look<Stats>): boolean {
  return look.answer === "yes" && Date.now() - look.found.mtimeMs >= STALE_MS;
}

/** Nobody needs it, and somebody else may be quicker. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // As it is.
  }
}
