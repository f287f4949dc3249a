/** Tells whether we are in front on our terminal: `run … &` must not draw over the prompt. Cheap enough to be asked for every frame. */

import { readFileSync } from "node:fs";

/** True if that can't be told. */
export function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    // Behind the name: state, parent, group, session, terminal, group in front.
    const [, , group, , , front] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return front === group || front === "-1";
  } catch {
    return true;
  }
}
