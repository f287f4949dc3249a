/**
 * Finds out what became of attempts of an earlier engine, from its spools, and waits for those that still run.
 *
 * Driven by worker.ts. It never starts anything, and never touches a process that is not provably of the attempt that it ends.
 */

import { closeSync, fstatSync, statSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";

import type { Result } from "../domain/outcome.js";
import type { OrphanedAttempt, Report } from "../domain/ports.js";
import { Attempt } from "./attempt.js";
import { isOfThisBoot } from "./engine-token.js";
import { readEvidence, readLogTail } from "./evidence.js";
import { classify, isNoForkIn, isNoRoom } from "./exit-status.js";
import type { LaneShell } from "./lane.js";
import { recallLeft } from "./lane-batch.js";
import { isLaneAlive } from "./lane-liveness.js";
import { findGroup, type AttemptGroup, type AttemptIdentity } from "./members.js";
import { removeLog } from "./preparation.js";
import { isSystemError } from "../system/error-code.js";
import { NO, yes, type Look } from "../system/look.js";
import { bootId, isAlive } from "../system/process-identity.js";
import { isSpoolName, openIfThere, SpoolReader, spoolPath } from "./spool.js";
import type { SpoolEntry } from "./spool.js";
import type { Terminator } from "./termination.js";

/** The watch on a spool tells at once; this is for lanes that died, and for file systems that tell nothing. */
const POLL_MS = 500;
/** A spool is made before the lane that could begin anything: unless somebody removes it, only a power loss can take it away again. */
const NEVER_BEGUN: Result = { kind: "not-begun", message: "its engine died before it could start it" };
const LOST_RECORD: Result = { kind: "lost", message: "the record of its runner is gone" };

export interface AdoptionContext {
  /** AIR_EXECUTOR_DIR. */
  readonly directory: string;
  readonly lanesDirectory: string;
  /** That of our lanes; an earlier engine on this machine used the same. */
  readonly shell: LaneShell;
  readonly terminator: Terminator;
  readonly report: (report: Report) => void;
}

interface Adopted {
  readonly orphan: OrphanedAttempt;
  readonly attempt: Attempt;
  readonly identity: AttemptIdentity;
  isToEnd: boolean;
}

interface WatchedSpool {
  readonly path: string;
  readonly fd: number;
  readonly reader: SpoolReader;
  watcher: FSWatcher | null;
  /** True if its lane begins nothing of its batch any more. */
  readonly isRecalled: boolean;
  /** Those without a result. */
  readonly open: Set<Adopted>;
}

export class Adoption {
  readonly #context: AdoptionContext;
  /** Everything not yet reported, by key. */
  readonly #adopted = new Map<number, Adopted>();
  /** A spool may be here more than once: jobs of one engine shared its slots, and are taken up one after another. */
  readonly #watched = new Set<WatchedSpool>();
  #timer: NodeJS.Timeout | null = null;

  constructor(context: AdoptionContext) {
    this.#context = context;
  }

  adopt(orphans: readonly OrphanedAttempt[]): void {
    const bySpool = new Map<string, OrphanedAttempt[]>();
    for (const orphan of orphans) {
      const list = bySpool.get(orphan.claim);
      if (list === undefined) bySpool.set(orphan.claim, [orphan]);
      else list.push(orphan);
    }
    for (const [name, list] of bySpool) this.#open(name, list);
  }

  /** False if that attempt is none of those adopted. */
  stop(key: number, graceMs: number): boolean {
    const adopted = this.#adopted.get(key);
    if (adopted === undefined) return false;
    adopted.isToEnd = true;
    adopted.attempt.stop(graceMs);
    return true;
  }

  /** Stops watching. What still runs runs on, to be adopted by the next engine. */
  close(): void {
    for (const spool of [...this.#watched]) this.#unwatch(spool);
  }

  #open(name: string, orphans: readonly OrphanedAttempt[]): void {
    const reader = new SpoolReader(orphans.map((orphan) => orphan.claimKey));
    const open = new Set(orphans.map((orphan) => this.#register(orphan, reader)));
    this.#openSpool(name, reader, open);
  }

  #openSpool(name: string, reader: SpoolReader, open: Set<Adopted>): void {
    const path = spoolPath(this.#context.lanesDirectory, name);
    let fd: number | undefined;
    try {
      fd = isSpoolName(name) ? openIfThere(path) : undefined;
    } catch (error) {
      // No handle to be had, or the disk refuses: what it says can't be guessed. But what is to end must come to an end without it.
      for (const adopted of open) if (isGone(adopted)) this.#giveUp(adopted, open, error as Error);
      if (open.size > 0) setTimeout(() => this.#openSpool(name, reader, open), POLL_MS);
      return;
    }
    if (fd === undefined) {
      this.#settleWithoutSpool(name, open);
      if (open.size > 0) setTimeout(() => this.#openSpool(name, reader, open), POLL_MS);
      return;
    }
    const isRecalled = [...open].some(({ orphan }) => orphan.isQueued) && recallLeft(name, path);
    const spool: WatchedSpool = { path, fd, reader, watcher: null, isRecalled, open };
    this.#watched.add(spool);
    this.#timer ??= setInterval(() => this.#checkAll(), POLL_MS);
    this.#check(spool);
    if (open.size > 0) this.#watch(spool);
  }

  #register(orphan: OrphanedAttempt, reader: SpoolReader): Adopted {
    const { key, claimKey } = orphan;
    const identity = { directory: this.#context.directory, job: orphan.job, task: orphan.task, attempt: orphan.attempt };
    const find = (): Look<AttemptGroup> => {
      const lane = reader.entry(claimKey).lane ?? reader.lane;
      // Its spool can't be read.
      if (lane === null) return findGroup(identity);
      const life = isAlive(lane);
      if (life.answer === "unknown") return life;
      if (lane.bootId !== bootId()) return NO;
      return yes({
        identity,
        lane: lane.pid,
        isLaneAlive: life.answer === "yes",
        hasBegun: () => reader.entry(claimKey).hasBegun,
        earliestStart: null,
      });
    };
    const report = (ended: Report): void => {
      this.#adopted.delete(key);
      this.#context.report(ended);
    };
    const adopted = { orphan, attempt: new Attempt(key, find, this.#context.terminator, report), identity, isToEnd: false };
    this.#adopted.set(key, adopted);
    return adopted;
  }

  /** Somebody has removed it, perhaps while the task runs: then that is ended before another attempt may begin. */
  #settleWithoutSpool(name: string, open: Set<Adopted>): void {
    for (const adopted of open) {
      const left = findGroup(adopted.identity);
      if (left.answer === "unknown" && process.platform === "linux") continue;
      open.delete(adopted);
      if (left.answer === "yes") adopted.attempt.settleAndEnd(LOST_RECORD, Date.now());
      else adopted.attempt.settle(isOfThisBoot(name) ? NEVER_BEGUN : LOST_RECORD, Date.now());
    }
  }

  #giveUp(adopted: Adopted, open: Set<Adopted>, error: Error): void {
    open.delete(adopted);
    adopted.attempt.settle({ kind: "lost", message: `the record of its runner can't be read (${error.message})` }, Date.now());
  }

  #watch(spool: WatchedSpool): void {
    try {
      spool.watcher = watch(spool.path, () => this.#check(spool));
      spool.watcher.on("error", () => spool.watcher?.close());
    } catch {
      // The poll goes on without it.
    }
  }

  #checkAll(): void {
    for (const spool of [...this.#watched]) this.#check(spool);
  }

  #check(spool: WatchedSpool): void {
    // An event may still come after the watch was closed.
    if (!this.#watched.has(spool)) return;
    try {
      this.#take(spool);
    } catch (error) {
      // Nothing can be told now: the next look is not far.
      if (!isSystemError(error)) throw error;
    }
  }

  #take(spool: WatchedSpool): void {
    // What was written is read in any case; whether more can come has to be known before.
    spool.reader.read(spool.fd);
    const hasLane = isLaneAlive(spool.reader.lane, spool.path);
    spool.reader.read(spool.fd);
    for (const adopted of [...spool.open]) {
      const entry = spool.reader.entry(adopted.orphan.claimKey);
      const isKeptBack = spool.isRecalled && adopted.orphan.isQueued && !entry.hasBegun;
      if (entry.exitStatus !== null || hasLane.answer === "no" || isKeptBack) {
        this.#settle(adopted, entry, spool);
        spool.open.delete(adopted);
      }
    }
    if (spool.open.size === 0) this.#unwatch(spool);
  }

  #settle({ orphan, attempt }: Adopted, entry: SpoolEntry, spool: WatchedSpool): void {
    const { shell } = this.#context;
    if (entry.exitStatus !== null) {
      const evidence = readEvidence(orphan.log, entry.complaint, null, shell);
      attempt.settle(classify(entry.exitStatus, evidence), endTime(orphan, spool));
      return;
    }
    attempt.loseLane();
    const now = Date.now();
    if (!entry.hasBegun || isNoRoom(entry.complaint) || isNoForkIn(readLogTail(orphan.log), shell)) {
      if (entry.hasBegun) removeLog(orphan.log);
      attempt.settle({ kind: "not-begun", message: "its engine died before it could start it" }, now);
    } else if (entry.lane?.bootId !== bootId()) {
      attempt.settle({ kind: "lost", message: "the machine was started again while it ran" }, now);
    } else {
      attempt.settleAndEnd({ kind: "lost", message: "its runner died" }, now);
    }
  }

  #unwatch(spool: WatchedSpool): void {
    this.#watched.delete(spool);
    spool.watcher?.close();
    closeSync(spool.fd);
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** True if it is to end and nothing of it is left. */
function isGone({ identity, isToEnd }: Adopted): boolean {
  return isToEnd && findGroup(identity).answer === "no";
}

/** When it ended: the spool was written then, or if others came after it, its log at the latest. */
function endTime(orphan: OrphanedAttempt, spool: WatchedSpool): number {
  if (spool.reader.lastEnded === orphan.claimKey) return Math.round(fstatSync(spool.fd).mtimeMs);
  const log = statSync(orphan.log, { throwIfNoEntry: false });
  return Math.max(orphan.startedAt, Math.round(log?.mtimeMs ?? orphan.startedAt));
}
