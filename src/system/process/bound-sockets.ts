/** The paths at which processes have bound unix sockets, as Linux lists them: also those that lead nowhere any more. */

import { readFileSync } from "node:fs";
import { isWantOfRoom } from "../look/error-code.js";

/** Seven columns, then the path. */
const LINE = /^\S+: (?:\S+ +){6}(\/.+)$/gm;

/** None where the system does not say. @throws its error for want of handles. */
export function boundSockets(): string[] {
  if (process.platform !== "linux") return [];
  try {
    return [...readFileSync("/proc/net/unix", "utf8").matchAll(LINE)].map(([, path]) => path!);
  } catch (error) {
    if (isWantOfRoom(error)) throw error;
    return [];
  }
}
