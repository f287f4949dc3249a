/** Who holds a lock, as its file says, told apart from whoever got the same pid later. Written and read without taking the lock. */

import { readFileSync, statSync } from "node:fs";

export interface LockHolder {
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/** The whole of what a lock's file says. */
interface Holder extends LockHolder {
  /** Tells it apart from whoever got the same pid later. */
  readonly start: string;
  /** Name of the control socket at which it listens; null if it doesn't. */
  readonly socket: string | null;
}

/** The field of /proc/PID/stat that holds the start time, counted behind the name. */
const START_FIELD = 19;

/** What a lock's file says of us. */
export function describeHolder(socket: string | null): string {
  const holder: Holder = { pid: process.pid, since: new Date().toISOString(), start: startOf(process.pid), socket };
  return `${JSON.stringify(holder)}\n`;
}

/**
 * Null if nobody holds it: no file, or its process is gone.
 *
 * @throws the system's error if we may not look.
 */
export function readHolder(path: string): LockHolder | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const holder = read(path);
  return holder === null ? null : { pid: holder.pid, since: holder.since };
}

/** The name of the socket at which the holder listens; null if there is no holder, or none that listens. */
export function readSocket(path: string): string | null {
  return read(path)?.socket ?? null;
}

function read(path: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Holder;
    return startOf(holder.pid) === holder.start ? holder : null;
  } catch {
    return null;
  }
}

/** Tells processes of one pid apart: the boot and the clock tick of its start. A process that is only a zombie is gone. */
function startOf(pid: number): string {
  if (process.platform !== "linux") {
    process.kill(pid, 0);
    return "-";
  }
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") throw new Error(`process ${pid} has ended`);
  return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}-${fields[START_FIELD]}`;
}
