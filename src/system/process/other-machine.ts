/**
 * Locks between machines that share a file system: there a lock that nobody seems to hold may be held by a process of another machine, since not
 * every file system passes locks on. So a holder writes its lock's file again every few seconds, and who finds another machine's name in a
 * lock that it could take waits until that has been silent for long enough. Only times of the file's own server are compared.
 */

import { fstatSync, openSync, unlinkSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { bootId } from "./process-identity.js";
import { letGo } from "../look/let-go.js";

export const BEAT_MS = 3_000;
/** Several beats may be late: a file system shows changes late, a busy machine writes late. */
const SILENT_MS = 20_000;
const LOOK_MS = 500;
/** Clocks of machines differ: so long after its last beat a holder is shown as one that lives. */
const SHOWN_MS = 60_000;

/** What the file of a lock says of its holder's machine; missing in those of earlier versions. */
export interface MachineClaim {
  readonly host?: string;
  /** Boot id and start of the process. */
  readonly start: string;
}

/** The same host after a reboot is no other machine, and neither is another name on the same kernel, whose locks we see. */
export function isOtherMachine({ host, start }: MachineClaim): boolean {
  return host !== undefined && host !== hostname() && start.slice(0, start.lastIndexOf("-")) !== bootId();
}

/**
 * For people, of a holder on this machine that lives: a sentence if it has not come to write its file again for too long, else null.
 *
 * @param silentMs for how long; null if that can't be told.
 */
export function describeSilence(silentMs: number | null): string | null {
  if (silentMs === null || silentMs < SILENT_MS) return null;
  return `its engine has not come to write anything for ${Math.round(silentMs / 1000)} s: its disk takes nothing, or it is frozen or overloaded`;
}

/** For people: true if it has written lately. @param mtimeMs of its file. */
export function seemsAlive(mtimeMs: number): boolean {
  return Math.abs(Date.now() - mtimeMs) < SHOWN_MS;
}

/**
 * Watches the file of a lock that was another machine's, and that we have by our own file system's word.
 *
 * @returns true if nobody has written it for long enough, false if somebody does.
 */
export async function isSilent(path: string): Promise<boolean> {
  const before = writtenAt(path);
  // By the server's clock, which may be another than ours.
  const left = SILENT_MS - (serverNow(path) - before);
  for (const end = performance.now() + left; performance.now() < end; await pause(LOOK_MS))
    if (writtenAt(path) !== before) return false;
  return writtenAt(path) === before;
}

/** Opened anew: an open file may show what was true a while ago. */
function writtenAt(path: string): number {
  const fd = openSync(path, "r");
  try {
    return fstatSync(fd).mtimeMs;
  } finally {
    letGo(fd);
  }
}

function serverNow(path: string): number {
  const probe = `${path}.${process.pid}.now`;
  const fd = openSync(probe, "wx", 0o600);
  try {
    writeSync(fd, "\n");
    return fstatSync(fd).mtimeMs;
  } finally {
    letGo(fd);
    unlinkSync(probe);
  }
}
