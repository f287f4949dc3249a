/**
 * The ports between scheduler, workers and store, which don't know each other: they meet in the engine.
 */

import type { ClaimsInUse } from "./claims-in-use.js";
import type { AirError } from "./errors.js";
import type { AttemptStarted, JobEvent } from "./events.js";
import type { Result, Usage } from "./outcome.js";
import type { Resources } from "./resources.js";
import type { SlotNews } from "./slot-news.js";
import type { Standstill } from "./standstill.js";
import type { RanOn } from "./task.js";

/** The plain data of one attempt: all that a runner needs, nothing that only makes sense in this process. */
export interface Descriptor {
  /** Names the attempt between scheduler and runner; unique in the engine, from 1, below 2^32. */
  readonly key: number;
  /** From `TaskRunner.reserve`. */
  readonly slot: number;
  readonly job: string;
  /** Tells the runs of a job apart: another one may have other files in the same places. */
  readonly run: string;
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  /** This and all that follows may hold bytes that are no UTF-8, as byte-text.ts has them. */
  readonly command: string;
  readonly args: readonly string[];
  /** A further command that must be there, which `command` becomes; absent for none. */
  readonly becomes?: string;
  /** Absolute. */
  readonly cwd: string;
  /** Added to the environment of the engine: the job's, the task's and our own additions. */
  readonly env: Readonly<Record<string, string>>;
  /** Those of `env` that every attempt of the run has; the same object where a task has no others. */
  readonly jobEnv: Readonly<Record<string, string>>;
  /** Absolute path of a file to read; null for /dev/null. */
  readonly stdin: string | null;
  /** Absolute path of a log file that does not exist yet. */
  readonly log: string;
  /** Likewise of one for its stderr alone, in the same directory; null if that goes into `log`. */
  readonly errorLog: string | null;
  /** Where an earlier attempt's file at `log` goes before this one starts; null if there can't be one. */
  readonly earlierLog: string | null;
  /** Likewise for `errorLog`. */
  readonly earlierErrorLog: string | null;
  /** Its `timeout`; null for none. The runner keeps it, so that it holds while there is no engine. */
  readonly limitMs: number | null;
  /** How long it then has to end by itself. */
  readonly graceMs: number;
}

/** Where an attempt will run, known before it starts so that its start can be recorded. */
export interface Placement {
  readonly slot: number;
  /** Names where the runner will record what becomes of it. */
  readonly claim: string;
  /** Absent for the machine of this engine. */
  readonly ranOn?: RanOn;
  /** How long what is put there may take, in milliseconds; absent where slots are always there. */
  readonly leftMs?: number;
  /** Numbers of the GPUs that it has; absent for none. */
  readonly gpus?: readonly number[];
}

/** The slot of an attempt that has none yet. */
export const NO_SLOT = -1;

/** The one queue of all slots of a runner: what waits there begins in the order in which it came, as soon as fewer run than there are slots. */
export interface RunnerQueue {
  /** How many slots there are. */
  readonly width: number;
  /** False while something else runs beside what was started here, so that what waits can't be said to begin in slots that are free. */
  readonly isOpen: boolean;
  /** For attempts that are handed over although no slot is free. */
  place(): Placement;
  /** Takes back all that waits: each is reported handed back, but for what has begun meanwhile. */
  recall(): void;
}

/** An attempt that waited runs, and lasts. */
export interface Begun {
  readonly key: number;
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
}

/** Processes of an attempt are still there, as `AttemptOutlived` has it. */
export interface Outlived {
  readonly job: string;
  /** As in its descriptor; null if that is not known. */
  readonly run: string | null;
  readonly task: string;
  readonly attempt: number;
  readonly processes: number;
  readonly isStuck: boolean;
}

/** Hands out devices, of which the scheduler only counts how many are free. */
export interface DevicePort {
  /** So many must be free. */
  take(count: number): readonly number[];
  /** The attempt is over that had them. They are not free before the scheduler is told so. */
  give(devices: readonly number[]): void;
  /** So many are to be free for the tasks that are ready. */
  want(count: number): void;
}

/** An attempt that an earlier engine started and whose end is not on record. */
export interface OrphanedAttempt {
  /** The number by which this engine calls it. */
  readonly key: number;
  /** Where its runner has recorded what became of it, and under which number. */
  readonly claim: string;
  readonly claimKey: number;
  readonly job: string;
  readonly task: string;
  readonly attempt: number;
  /** True if it waited behind others in its slot, as far as is known. */
  readonly isQueued: boolean;
  readonly log: string;
  /** As in its descriptor, for a runner that does not keep it itself. */
  readonly limitMs: number | null;
  readonly graceMs: number;
}

/** What became of an attempt. */
export interface Report {
  readonly key: number;
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  readonly result: Result;
  /** When it began; absent if it is not known. */
  readonly begunAt?: number;
  /** Absent if it is not known. */
  readonly usage?: Usage;
  /** True if a stop that we asked for reached it: the reason for the stop then wins over the exit code. */
  readonly wasStopped: boolean;
  /** Set if its limit was over and it was ended for that, before any stop. */
  readonly hasTimedOut?: true;
  /** Set if it failed while its runner was told to stop, too: somebody told everybody, and we may be about to hear of it. */
  readonly isInShutdown?: true;
  /**
   * Set if the record of what became of it can't be read, and nothing of it runs. It was to be stopped; if only for a shutdown, then whoever
   * comes next asks again.
   */
  readonly isUnread?: true;
  /** Set if it was taken back before it began: it may be started again at once, and says nothing of the machine. */
  readonly isHandedBack?: true;
}

/**
 * Runs attempts and reports how they went. The one of this machine is the first implementation; nothing outside of it may assume that a
 * task runs here, and two may stand side by side, each with jobs of its own. Every key given to `start` or `adopt` is reported exactly
 * once. Reports never arrive from within a call.
 */
export interface TaskRunner {
  /** Gets it ready; to be called once, before anything is started or adopted. */
  open(): Promise<void>;
  /** So many attempts will come soon: what takes time can be done ahead. */
  warm(count: number): void;
  /** True if attempts of that claim are its to adopt. */
  knows(claim: string): boolean;
  /**
   * A free slot for what takes so much, or undefined if all are taken.
   *
   * @param ready how many tasks could start that take the same, this one among them.
   * @param isApart true if it may be one that ends whoever runs it: others are not to be harmed. One that can't part them takes it as any.
   * @param limitMs how long it may take at most; null for no limit. Of those behind it in its slot none may take longer than the slot has left.
   */
  reserve(takes: Resources, ready: number, isApart: boolean, limitMs: number | null): Placement | undefined;
  /** Set if slots are unlike: that one demand finds none says nothing of the others. */
  readonly hasKinds?: true;
  /** Set if it keeps the limit of each attempt from the moment at which that begins: then nobody else has to, but where it has stopped. */
  readonly keepsLimits?: true;
  /** How long a slot is to be busy with what it is handed at once: long beside the way there and back. Default: as on this machine. */
  readonly batchMs?: number;
  /** Gives a reserved slot back that was not used. A used one is given back by its report. */
  release(slot: number): void;
  /**
   * Attempts that share a slot are a batch: those behind the first wait, begin in order, and are reported each as it ends. One that was
   * taken back before it began is handed back.
   */
  start(attempts: readonly Descriptor[]): void;
  /** Finds out what became of attempts of an earlier engine; waits for those that still run. They take no slot. */
  adopt(attempts: readonly OrphanedAttempt[]): void;
  /**
   * Ends an attempt and all that it started: TERM, CONT, after the grace period KILL. May be called again with a shorter one.
   *
   * @param needsEnd true if it is not to be reported before it is known how it ended, even if nothing of it runs any more.
   */
  stop(key: number, graceMs: number, needsEnd?: boolean): void;
  onReports(handler: (reports: readonly Report[]) => void): void;
  /** Absent if slots have queues of their own: then what waits is handed over together with what it waits for. */
  readonly queue?: RunnerQueue;
  /** Hears of attempts that waited in `queue`, and of those that are adopted, where they are not over soon. */
  onBegun?(handler: (begun: readonly Begun[]) => void): void;
  /** Hears of what is left of attempts: those that ended by themselves were reported before. */
  onOutlived?(handler: (outlived: Outlived) => void): void;
  /** Resolves when that has been told of all that was reported, as far as it can be known soon. Soon where nothing was left. */
  whatIsLeft?(): Promise<void>;
  /** Hears that there are slots which were not there before, so that what is ready can start. Not needed where all slots are always there. */
  onRoom?(handler: () => void): void;
  /** What keeps it from starting anything and won't end by itself; null or absent if nothing does. */
  readonly hopeless?: AirError | null;
  /** Of what nothing becomes known just now, and why; empty or absent if of nothing. */
  readonly standstills?: readonly Standstill[];
  /** How it stands with its slots; absent where they are always there. */
  readonly slots?: SlotNews;
  /** What it knows of ends outlives it from now on: somebody could not record them. */
  keep(): void;
  /** That job is closed. Where not all of it is on record what it knows of ends is kept, too. */
  leave(job: string, isRecorded: boolean): void;
  /**
   * Ends what an engine that was killed had started of that job, if no record names it any more. Absent if nothing can run unnamed.
   *
   * @param findOwn what its own record names. Only for what runs and is not named there `findInUse` is asked, which throws if
   *   it can't tell.
   * @returns how many attempts that were.
   * @throws AirError `AIR_SYSTEM`, or the system's error, if some may be left: nothing of the job may begin then.
   */
  endStrays?(job: string, findOwn: () => ClaimsInUse, findInUse: () => ClaimsInUse): Promise<number>;
  /**
   * Removes what engines that were killed left behind.
   *
   * @param findInUse gives what unfinished jobs may still have to ask about; null if that can't be told. Only asked if there is
   *   something to remove.
   */
  reclaim(findInUse: () => ClaimsInUse | null): void;
  /** Ends the runner itself; resolves when nothing of it is left. Attempts must have ended. */
  close(): Promise<void>;
}

/** The record of one job, as the scheduler writes it. The single writer of the job's files stands behind it. */
export interface Recorder {
  /** Records facts. They happened, so this can't fail: while the disk refuses them they are kept and tried again. */
  record(events: readonly JobEvent[]): void;
  /** Records starts before they happen. False if the disk refused: then nothing of them is on record, and nothing may start. */
  recordStarts(events: readonly AttemptStarted[]): boolean;
  /** False while facts wait for the disk, or, under strict durability, for a sync, or the logs can't be written: then nothing may start. */
  isReady(): boolean;
}

/** A clock, so that the scheduler has none of its own. */
export interface Clock {
  /** Wall time for the record: milliseconds since the epoch. It may jump. */
  now(): number;
  /** Milliseconds since some moment; it never jumps. Deadlines and delays are counted in it. */
  monotonic(): number;
}
