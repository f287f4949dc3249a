/**
 * Files that are open in whoever started this process (`exec 200>lock; flock 200`, pipes of a build server) and reach it without being meant for it.
 * Node keeps those of low numbers from what it starts, and leaves the others. What outlives its caller closes them: they would be held with it.
 */

import { readdirSync, readFileSync } from "node:fs";
import { letGo } from "../look/let-go.js";

const STANDARD = 3;
/** O_CLOEXEC. Whatever Node opens has it. */
const IS_OURS = 0o2000000;

/** Where that can't be seen nothing is done. */
export function closeInherited(): void {
  for (const fd of openFiles()) if (fd >= STANDARD && isInherited(fd)) letGo(fd);
}

function openFiles(): number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & IS_OURS) === 0;
  } catch {
    // That of the look itself.
    return false;
  }
}
