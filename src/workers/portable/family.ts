/**
 * The processes of one attempt, as far as they can be known without help of the system: what descends from its main process, is in its group, or
 * was seen to be one of these before. What has left all three between two looks is not found; the native runner finds that too.
 */

import type { ProcessEntry } from "../../system/process/process-table.js";

export class Family {
  /** Pid of the main process, which leads a group of that number. */
  readonly #leader: number;
  /** By pid, with the start time: a pid alone may be another process by now. */
  readonly #seen = new Map<number, number>();

  constructor(leader: number) {
    this.#leader = leader;
  }

  /** Those of them that are there. @param isLeaderOurs false once the leader was waited for: its number may be another's. */
  among(entries: readonly ProcessEntry[], isLeaderOurs: boolean): ProcessEntry[] {
    const byPid = new Map(entries.map((entry) => [entry.pid, entry]));
    for (const [pid, start] of this.#seen) if (byPid.get(pid)?.start !== start) this.#seen.delete(pid);
    const hasGroup = isLeaderOurs || entries.some(({ pid, group }) => group === this.#leader && this.#seen.has(pid));
    const found: ProcessEntry[] = [];
    // Parents are mostly older: in the order of age each finds its parent known.
    for (const entry of entries.toSorted((a, b) => a.start - b.start || a.pid - b.pid)) {
      const isLeader = isLeaderOurs && entry.pid === this.#leader;
      const isOfGroup = hasGroup && entry.group === this.#leader;
      if (!isLeader && !isOfGroup && !this.#seen.has(entry.pid) && !this.#seen.has(entry.parent)) continue;
      this.#seen.set(entry.pid, entry.start);
      found.push(entry);
    }
    return found;
  }
}
