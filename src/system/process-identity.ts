/**
 * Which process is meant: a pid alone is used again sooner or later, so a process is boot id + pid + start time.
 */

import { readFileSync } from "node:fs";

import { readProcess } from "./process-table.js";

export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks from boot to its start, or what else tells processes of one pid apart on this system. */
  readonly start: number;
}

let knownBootId: string | undefined;

/** Differs after each boot. "-" where the system has none: there a reboot is told by start times alone. */
export function bootId(): string {
  knownBootId ??= readBootId();
  return knownBootId;
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return "-";
  }
}

/** The identity of a process of ours that was just started. A start time of 0 (it is gone already) matches no process. */
export function identify(pid: number): ProcessIdentity {
  return { bootId: bootId(), pid, start: readProcess(pid)?.start ?? 0 };
}

/** True if that very process is there and not merely a zombie. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const found = readProcess(identity.pid);
  return found !== undefined && found.start === identity.start && !found.isZombie;
}
