/**
 * Whether the holder of a lock, though it is still there, has been killed: taking its memory down takes the system a while, longer on a busy machine, and what
 * it had open and locked is closed only after that. Where nobody can tell, as without /proc, it has not.
 */

import { readFileSync } from "node:fs";
import { lookAtHolder } from "./lock-holder.js";

/** SIGKILL's bit, in the sets of signals of /proc/PID/status. */
const KILL = 1n << 8n;
/** The kernel's PF_EXITING, in the flags of /proc/PID/stat. */
const EXITING = 0x4;

/** @param path of the lock's file */
export function isDyingHolder(path: string): boolean {
  const holder = lookAtHolder(path);
  return holder.answer === "yes" && holder.found.host === undefined && isDying(holder.found.pid);
}

/** The same of any process. */
export function isDying(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const pending = [...status.matchAll(/^S(?:ig|hd)Pnd:\s*([0-9a-f]+)/gm)];
    if (pending.some(([, set]) => (BigInt(`0x${set}`) & KILL) !== 0n)) return true;
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold anything: the fields begin after the last one.
    const flags = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[6]);
    return (flags & EXITING) !== 0;
  } catch {
    return false;
  }
}
