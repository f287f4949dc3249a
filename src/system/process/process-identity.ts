/**
 * Which process is meant: a pid alone is used again sooner or later, so a process is boot id + pid + start time.
 */

import { readFileSync, readlinkSync } from "node:fs";
import { codeOf } from "../look/error-code.js";
import { NO, unknown, yes, type Look } from "../look/look.js";
import { readProcess } from "./process-table.js";

export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks from boot to its start, or what else tells processes of one pid apart on this system. */
  readonly start: number;
}

let knownBootId: string | undefined;

/**
 * Differs after each boot. "-" where the system has none: there a reboot is told by start times alone.
 *
 * @throws the system's error if it can't be read now: taken for another boot, that would declare everything dead that lives.
 */
export function bootId(): string {
  knownBootId ??= readBootId();
  return knownBootId;
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "-";
    throw error;
  }
}

/** In which pids mean what they mean here, as the system names it; null where it has none, or that can't be told. */
export function pidNamespace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

/** The identity of a process. */
export function identify(pid: number): Look<ProcessIdentity> {
  const look = readProcess(pid);
  if (look.answer !== "yes") return look;
  try {
    return yes({ bootId: bootId(), pid, start: look.found.start });
  } catch (error) {
    return unknown(error);
  }
}

/** Whether that very process is there and not merely a zombie. */
export function isAlive(identity: ProcessIdentity): Look {
  try {
    if (identity.bootId !== bootId()) return NO;
  } catch (error) {
    return unknown(error);
  }
  const look = readProcess(identity.pid);
  if (look.answer !== "yes") return look;
  return look.found.start === identity.start && !look.found.isZombie ? yes(true) : NO;
}

/** True if that very process is known to be stopped, by SIGSTOP for instance. */
export function isStopped(identity: ProcessIdentity): boolean {
  if (isAlive(identity).answer !== "yes") return false;
  const look = readProcess(identity.pid);
  return look.answer === "yes" && look.found.isStopped;
}

/** That very process goes on, if it is stopped and ours to signal. */
export function wake(identity: ProcessIdentity): void {
  try {
    if (isAlive(identity).answer === "yes") process.kill(identity.pid, "SIGCONT");
  } catch {
    // It has ended meanwhile, or is another user's.
  }
}
