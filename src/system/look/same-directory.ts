/** Whether two paths lead to the same directory, by whatever links or mounts. False if that can't be told. */

import { statSync } from "node:fs";

export function isSameDirectory(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    const [first, second] = [statSync(one), statSync(other)];
    return first.ino === second.ino && first.dev === second.dev;
  } catch {
    return false;
  }
}
