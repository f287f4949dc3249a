/** Which attempts have processes that have lost their parent, by a look at the runner's children. Looks only. */

import { childrenOf, readMarks } from "../../system/process/process-table.js";
import type { SpoolHead } from "../spool/spool-lines.js";

/** A mark is the runner's id and the key. */
const [KEY_BITS, KEY_MASK] = [32n, 0xffff_ffffn];

/** The first thread of a native runner starts no task: whoever is a child of that was somebody else's. None where nothing tells whose. */
export function orphanedKeys({ pid, id, mark }: SpoolHead): number[] {
  if (mark !== "locks") return [];
  return childrenOf(pid).flatMap((child) => {
    const marks = readMarks(child);
    // Who can't be looked at can't be asked about either: that is only less to wait for.
    const found = marks.answer === "yes" ? marks.found : [];
    return found.filter((each) => Number(each >> KEY_BITS) === id).map((each) => Number(each & KEY_MASK));
  });
}
