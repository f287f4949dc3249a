/**
 * Finds out what became of attempts whose runner is not ours any more (an earlier engine's, or one of ours that died), from its spool,
 * and waits for those that still run.
 * It never starts anything, and never touches a process that is not of the attempt that it ends. What can't be known is waited for, and
 * what that waits for is told; how long is for others to say.
 */

import { watch, type FSWatcher } from "node:fs";
import type { Result } from "../../domain/outcome.js";
import type { OrphanedAttempt, Report } from "../../domain/ports.js";
import { isSystemError, systemWords } from "../../system/look/error-code.js";
import type { Terminator } from "../ending/terminator.js";
import { isOfThisBoot } from "../engine-token.js";
import { isSpoolName, spoolPath } from "../spool-name.js";
import type { AdoptedSpool } from "./adopted-spool.js";
import { OUT_OF_SIGHT, stoppedWords } from "../attempt-words.js";
import { AdoptedAttempt, LOST_RECORD, notBegun } from "./adopted-attempt.js";
import { AdoptedRunners, type AdoptedRunner } from "./adopted-runner.js";
import { Missing, missingWords } from "./missing.js";
import { openAdopted } from "./open-adopted.js";
import { unclear, type StandstillWords } from "./standstill-words.js";
import { Unrecorded } from "./unrecorded.js";

/** The watch on a spool tells at once; this is for runners that died, and for file systems that tell nothing. */
const POLL_MS = 500;

export interface AdoptionContext {
  /** AIR_EXECUTOR_DIR. */
  readonly directory: string;
  readonly lanesDirectory: string;
  readonly terminator: Terminator;
  readonly report: (report: Report) => void;
  /** Attempts have begun, then (milliseconds since the epoch), and have no end so far. */
  readonly onBegun: (key: number, at: number) => void;
  /** Attempts that can't be ended. */
  readonly onStuck: (key: number, processes: number) => void;
  /** What attempts that have ended left behind. */
  readonly onLeft: (key: number, processes: number) => void;
  /** What attempts wrote is gone. */
  readonly onLogLost: (key: number, errno: number) => void;
  /** Of these attempts nothing becomes known: why, or null if that is over. Told when it changes; the id says which is over. */
  readonly onStandstill: (id: string, keys: readonly number[], why: StandstillWords | null) => void;
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
  /** The same for all that watch its spool. */
  readonly runner: AdoptedRunner;
  /** Tells it from others of the same spool. */
  readonly number: number;
  /** What was told last of a standstill, and of which. */
  told: string | null;
}

export class Adoption {
  readonly #context: AdoptionContext;
  /** Everything not yet reported, by key. */
  readonly #adopted = new Map<number, AdoptedAttempt>();
  /** A spool may be here more than once: jobs of one engine shared it, and are taken up one after another. */
  readonly #watched = new Set<Watched>();
  readonly #runners = new AdoptedRunners();
  readonly #missing = new Missing();
  readonly #unrecorded = new Unrecorded();
  #timer: NodeJS.Timeout | null = null;
  #isDue = false;
  #count = 0;

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
      const watched: Watched = {
        name,
        path,
        spool: null,
        watcher: null,
        open,
        why,
        isBusy: false,
        runner: this.#runners.of(name),
        number: this.#count++,
        told: null,
      };
      this.#watched.add(watched);
      this.#timer ??= setInterval(() => this.#checkAll(), POLL_MS);
      void this.#check(watched);
    }
  }

  /** False if that attempt is none of those adopted. */
  stop(key: number, graceMs: number, needsEnd: boolean): boolean {
    const adopted = this.#adopted.get(key);
    if (adopted === undefined) return false;
    adopted.stop(graceMs);
    adopted.needsEnd = needsEnd;
    // Once for all that are stopped in this turn.
    if (!this.#isDue) {
      setImmediate(() => {
        this.#isDue = false;
        this.#checkAll();
      });
    }
    this.#isDue = true;
    return true;
  }

  close(): void {
    for (const watched of [...this.#watched]) this.#unwatch(watched);
  }

  #register(orphan: OrphanedAttempt): AdoptedAttempt {
    const { directory, terminator, report, onBegun, onStuck, onLeft, onLogLost } = this.#context;
    const adopted = new AdoptedAttempt(orphan, directory, terminator, {
      onReport: (ended) => {
        this.#adopted.delete(orphan.key);
        report(ended);
      },
      onBegun: (at) => onBegun(orphan.key, at),
      onStuck: (processes) => onStuck(orphan.key, processes),
      onLeft: (processes) => onLeft(orphan.key, processes),
      onLogLost: (errno) => onLogLost(orphan.key, errno),
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
    let standstill: StandstillWords | null = null;
    try {
      standstill = await this.#look(watched);
    } catch (error) {
      // Nothing can be told now: the next look is not far. What is only to end must come to an end without it.
      if (!isSystemError(error)) throw error;
      standstill = unclear(error, watched.path);
      for (const adopted of [...watched.open]) {
        if (adopted.settleIfGone(`the record of its runner can't be read (${systemWords(error)})`)) {
          watched.open.delete(adopted);
        }
      }
    } finally {
      watched.isBusy = false;
    }
    this.#tell(watched, watched.open.size === 0 ? null : standstill);
    if (watched.open.size === 0) this.#unwatch(watched);
  }

  #tell(watched: Watched, standstill: StandstillWords | null): void {
    const keys = (standstill?.attempts ?? [...watched.open]).map(({ orphan }) => orphan.key);
    const told = standstill && `${standstill.why}${standstill.attempts === undefined ? "" : keys.join()}`;
    if (told === watched.told) return;
    watched.told = told;
    this.#context.onStandstill(`${watched.name} ${watched.number}`, keys, standstill);
  }

  /** Gives what keeps it from being known what becomes of them. */
  async #look(watched: Watched): Promise<StandstillWords | null> {
    const { open, name, why, runner } = watched;
    if (watched.spool === null) {
      const keys = [...open].map(({ orphan }) => orphan.claimKey);
      const spool = isSpoolName(name) ? await openAdopted(watched.path, keys) : null;
      if (spool === null) return this.#settle([...open], open, isOfThisBoot(name) ? notBegun(why) : LOST_RECORD);
      watched.spool = spool;
      if ([...open].some(({ orphan }) => orphan.isQueued)) spool.holdBack();
      this.#watch(watched);
    }
    const { spool } = watched;
    spool.read();
    const { look: life, isOutOfSight, isStopped, isElsewhere } = runner.life(spool);
    // What was written before it ended is read in any case.
    spool.read();
    const unrecorded: AdoptedAttempt[] = [];
    for (const adopted of [...open]) {
      const answer = isElsewhere ? adopted.takeFromCopy(spool) : adopted.take(spool, life);
      if (answer === "settled") open.delete(adopted);
      else if (answer === "unrecorded") unrecorded.push(adopted);
    }
    const isAsked = [...open].some(({ isBeingEnded }) => isBeingEnded);
    if (isAsked) runner.wake(spool);
    if (life.answer === "unknown") return unclear(life.why);
    if (unrecorded.length > 0) return this.#settle(unrecorded, open, notBegun(why));
    const { writer } = spool;
    if (life.answer === "no" || writer === null) return null;
    if (isStopped) return { why: stoppedWords(writer.pid), isUnclear: false };
    if (isOutOfSight) return isAsked ? { why: OUT_OF_SIGHT, isUnclear: false } : null;
    const attempts = this.#missing.of(open, this.#adopted.values());
    return attempts.length > 0 ? { why: missingWords(writer), isUnclear: false, attempts } : null;
  }

  async #settle(some: AdoptedAttempt[], open: Set<AdoptedAttempt>, otherwise: Result): Promise<StandstillWords | null> {
    const obstacle = await this.#unrecorded.settle(some, otherwise);
    if (obstacle === null) for (const adopted of some) open.delete(adopted);
    return obstacle && unclear(obstacle);
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
    if (this.#watched.size > 0) return;
    this.#runners.clear();
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }
}
