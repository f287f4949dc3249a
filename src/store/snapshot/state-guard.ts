/**
 * Stands between our snapshots and whoever else writes state.json while we run its job: a job may be written again under its name at any
 * time, slowly and in place, or be removed.
 *
 * What we have not written ourselves is never overwritten before it is understood: another run's file not at all, one that is half
 * written or missing not before it has stayed so for the settle time. The one gap: of two renames within the same few microseconds the
 * second wins.
 */

import { fstatSync, renameSync, type BigIntStats } from "node:fs";
import { certain } from "../../system/look/look.js";
import { lookCloselyAt } from "../../system/look/path-look.js";
import { ifReadable, openFile } from "../../system/read/open-file.js";
import { readPiece } from "../../system/read/read-open.js";
import { keepAside } from "../../system/write/keep-aside.js";
import type { JobPaths } from "../layout.js";
import type { Presence } from "../../system/look/presence.js";
import { isAnotherRun, type KnownRun } from "../runs/run-identity.js";
import { isSameFile, lookAtState, parseState, type StateFile } from "../runs/state-file.js";
import { isForbidden } from "../../system/look/error-code.js";
import { letGo } from "../../system/look/let-go.js";
import { temporaryOf, writeTemporary } from "../../system/write/temporary-file.js";

/** A file that is no JSON is taken for half-written until it has not changed for so long. */
export const SETTLE_MS = 2000;

/**
 * Whose state.json is: ours to replace; somebody's who may still be writing it; another run's, so that ours is over; or out of reach,
 * with the whole directory.
 */
export type Standing = "ours" | "unsettled" | "superseded" | Exclude<Presence, "here">;

export class StateGuard {
  readonly #paths: JobPaths;
  readonly #known: KnownRun;
  readonly #held: { presence(): Presence };
  /** The file as we left it; null before our first one. */
  #ours: BigIntStats | null = null;
  /** A file that we replaced while somebody was writing it: what he writes still arrives here. */
  #stray: number | null = null;
  /** What is being waited for, and since when (monotonic milliseconds). */
  #unsettled: { readonly stats: BigIntStats | null; readonly since: number } | null = null;
  #isSuperseded = false;

  /** @param held what we hold of the job: where that is, the job is. */
  constructor(paths: JobPaths, known: KnownRun, held: { presence(): Presence }) {
    this.#paths = paths;
    this.#known = known;
    this.#held = held;
  }

  /** @throws the system's error if that can't be told now: then nothing may be replaced. */
  look(): Standing {
    if (this.#isSuperseded) return "superseded";
    if (this.#stray !== null) return this.#lookAtStray(this.#stray);
    const there = certain(lookCloselyAt(this.#paths.state));
    if (there !== null && isSameFile(there, this.#ours)) return "ours";
    const presence = this.#held.presence();
    if (presence !== "here") return presence;
    const file = this.#read(there);
    if (file === null && this.#ours === null) return "ours";
    if (file !== null && file.state !== null) {
      this.#unsettled = null;
      if (!isAnotherRun(file, this.#known, this.#paths)) return "ours";
      this.#isSuperseded = true;
      return "superseded";
    }
    if (!this.#hasSettled(there)) return "unsettled";
    if (there !== null) keepAside(this.#paths.state, this.#paths.stateRejected);
    return "ours";
  }

  /** True if what is there is not our last snapshot. Throws as `look`. */
  isByOthers(): boolean {
    if (this.#ours === null) return false;
    return !isSameFile(certain(lookCloselyAt(this.#paths.state)), this.#ours);
  }

  /** Puts a finished file of ours in the place of state.json. False if it may not be replaced now. */
  replace(temporary: string): boolean {
    const replaced = ifReadable(openFile(this.#paths.state));
    try {
      const before = replaced === null ? null : fstatSync(replaced, { bigint: true });
      if (this.look() !== "ours") return false;
      // Before it is there: what is there a moment later may be somebody else's.
      const ours = certain(lookCloselyAt(temporary));
      renameSync(temporary, this.#paths.state);
      this.#ours = ours;
      if (replaced === null || isSameFile(before, fstatSync(replaced, { bigint: true }))) return true;
      this.#stray = replaced;
      return false;
    } finally {
      if (replaced !== null && replaced !== this.#stray) letGo(replaced);
    }
  }

  close(): void {
    if (this.#stray !== null) letGo(this.#stray);
    this.#stray = null;
  }

  #read(there: BigIntStats | null): StateFile | null {
    const file = lookAtState(this.#paths.state);
    // A link, a pipe, no permission: nothing that a run could be read from.
    const isUnreadable = file.answer === "other" || (file.answer === "unknown" && isForbidden(file.why));
    if (isUnreadable) return there === null ? null : { stats: there, state: null };
    return certain(file);
  }

  #lookAtStray(fd: number): Standing {
    const stats = fstatSync(fd, { bigint: true });
    const bytes = readPiece(fd, 0, Number(stats.size));
    const state = parseState(bytes.toString("utf8"));
    if (state === null && !this.#hasSettled(stats)) return "unsettled";
    this.#isSuperseded = isAnotherRun({ stats, state }, this.#known, this.#paths);
    if (this.#isSuperseded) {
      const temporary = temporaryOf(this.#paths.state);
      writeTemporary(temporary, bytes);
      renameSync(temporary, this.#paths.state);
    }
    this.close();
    return this.look();
  }

  #hasSettled(stats: BigIntStats | null): boolean {
    const now = performance.now();
    if (this.#unsettled === null || !isSameFile(this.#unsettled.stats, stats)) this.#unsettled = { stats, since: now };
    return now - this.#unsettled.since >= SETTLE_MS;
  }
}
