/**
 * Finds out what became of attempts whose runner is not ours any more (an earlier engine's, or one of ours that died), from its spool,
 * and waits for those that still run.
 *
 * It never starts anything, and never touches a process that is not of the attempt that it ends. What can't be known is waited for.
 */

import { watch, type FSWatcher } from "node:fs";
import type { OrphanedAttempt, Report } from "../../domain/ports.js";
import { isSystemError } from "../../system/error-code.js";
import type { Terminator } from "../ending/terminator.js";
import { isOfThisBoot } from "../engine-token.js";
import { isSpoolName, spoolPath } from "../spool-name.js";
import type { AdoptedSpool } from "./adopted-spool.js";
import { AdoptedAttempt } from "./adopted-attempt.js";
import { openAdopted } from "./open-adopted.js";

/** The watch on a spool tells at once; this is for runners that died, and for file systems that tell nothing. */
const POLL_MS = 500;

export interface AdoptionContext {
  /** AIR_EXECUTOR_DIR. */
  readonly directory: string;
  readonly lanesDirectory: string;
  readonly terminator: Terminator;
  readonly report: (report: Report) => void;
  /** Attempts that can't be ended. */
  readonly onStuck: (key: number, processes: number) => void;
}

interface Watched {
  readonly name: string;
  readonly path: string;
  /** Null while it could not be opened, or if there is none. */
  spool: AdoptedSpool | null;
  watcher: FSWatcher | null;
  /** Those without a result. */
  readonly open: Set<AdoptedAttempt>;
  /** Why its runner is gone, if we know. */
  readonly why: string | null;
  isBusy: boolean;
}

export class Adoption {
  readonly #context: AdoptionContext;
  /** Everything not yet reported, by key. */
  readonly #adopted = new Map<number, AdoptedAttempt>();
  /** A spool may be here more than once: jobs of one engine shared it, and are taken up one after another. */
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;

  constructor(context: AdoptionContext) {
    this.#context = context;
  }

  /** @param why why the runner of ours is gone that had them; null for those of earlier engines. */
  adopt(orphans: readonly OrphanedAttempt[], why: string | null): void {
    const byClaim = new Map<string, OrphanedAttempt[]>();
    for (const orphan of orphans) {
      const list = byClaim.get(orphan.claim);
      if (list === undefined) byClaim.set(orphan.claim, [orphan]);
      else list.push(orphan);
    }
    for (const [name, list] of byClaim) {
      const open = new Set(list.map((orphan) => this.#register(orphan)));
      const path = spoolPath(this.#context.lanesDirectory, name);
      const watched: Watched = { name, path, spool: null, watcher: null, open, why, isBusy: false };
      this.#watched.add(watched);
      this.#timer ??= setInterval(() => this.#checkAll(), POLL_MS);
      void this.#check(watched);
    }
  }

  /** False if that attempt is none of those adopted. */
  stop(key: number, graceMs: number): boolean {
    const adopted = this.#adopted.get(key);
    if (adopted === undefined) return false;
    adopted.stop(graceMs);
    this.#checkAll();
    return true;
  }

  close(): void {
    for (const watched of [...this.#watched]) this.#unwatch(watched);
  }

  #register(orphan: OrphanedAttempt): AdoptedAttempt {
    const { directory, terminator, report, onStuck } = this.#context;
    const adopted = new AdoptedAttempt(orphan, directory, terminator, {
      onReport: (ended) => {
        this.#adopted.delete(orphan.key);
        report(ended);
      },
      onStuck: (processes) => onStuck(orphan.key, processes),
    });
    this.#adopted.set(orphan.key, adopted);
    return adopted;
  }

  #checkAll(): void {
    for (const watched of [...this.#watched]) void this.#check(watched);
  }

  async #check(watched: Watched): Promise<void> {
    // An event may still come after the watch was closed, and one look at a time is enough.
    if (!this.#watched.has(watched) || watched.isBusy) return;
    watched.isBusy = true;
    try {
      await this.#look(watched);
    } catch (error) {
      // Nothing can be told now: the next look is not far. What is to end must come to an end without it.
      if (!isSystemError(error)) throw error;
      for (const adopted of [...watched.open]) {
        if (adopted.settleIfGone(`the record of its runner can't be read (${error.message})`)) {
          watched.open.delete(adopted);
        }
      }
    } finally {
      watched.isBusy = false;
    }
    if (watched.open.size === 0) this.#unwatch(watched);
  }

  async #look(watched: Watched): Promise<void> {
    if (watched.spool === null) {
      const keys = [...watched.open].map(({ orphan }) => orphan.claimKey);
      const spool = isSpoolName(watched.name) ? await openAdopted(watched.path, keys) : null;
      if (spool === null) return this.#settleWithoutSpool(watched);
      watched.spool = spool;
      if ([...watched.open].some(({ orphan }) => orphan.isQueued)) spool.holdBack();
      this.#watch(watched);
    }
    const { spool, open, why } = watched;
    spool.read();
    const life = spool.isAlive();
    // What was written before it ended is read in any case.
    spool.read();
    for (const adopted of [...open]) if (adopted.take(spool, life, why)) open.delete(adopted);
  }

  /** Somebody has removed it, perhaps while the task runs: then that is ended before another attempt may begin. */
  #settleWithoutSpool({ name, open, why }: Watched): void {
    for (const adopted of [...open]) if (adopted.settleWithoutSpool(isOfThisBoot(name), why)) open.delete(adopted);
  }

  #watch(watched: Watched): void {
    try {
      watched.watcher = watch(watched.path, () => void this.#check(watched));
      watched.watcher.on("error", () => watched.watcher?.close());
    } catch {
      // The poll goes on without it.
    }
  }

  #unwatch(watched: Watched): void {
    if (!this.#watched.delete(watched)) return;
    watched.watcher?.close();
    watched.spool?.close();
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
