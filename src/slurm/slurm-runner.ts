/**
 * The runner of a cluster: slots, which are elements of job arrays of Slurm, take batch after batch of attempts through files that login node and
 * nodes share. Slurm decides who gets which nodes when; here is decided how many slots are asked for, and which attempt goes to which.
 *
 * A job of Slurm is capacity, never a task: a submission that is refused, doubled, lost or late concerns no task. What a slot was given is given to
 * another one only when the slot has said `bye`, or its lease is over (slot-life.ts). Knows no graph, no job and no state file.
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { AirError } from "../domain/errors.js";
import type { Result } from "../domain/outcome.js";
import type { ClaimsInUse } from "../domain/claims-in-use.js";
import type { Begun, Descriptor, OrphanedAttempt, Placement, Report, TaskRunner } from "../domain/ports.js";
import type { Resources } from "../domain/resources.js";
import type { SlotNews } from "../domain/slot-news.js";
import { isClusterClaim, parseSlurmTime, type SlotRange } from "../domain/slurm-options.js";
import { findUnpassable, movesOf } from "../workers/runner/hand-over.js";
import { MovedLogs } from "../workers/thread/moved-logs.js";
import type { Cluster } from "./cluster.js";
import { stopCommand } from "./command-text.js";
import { LeftSlots } from "./left-slots.js";
import { Pools, type TakenPool } from "./pools.js";
import type { SlotChannel } from "./slot-channel.js";
import { SlotPool } from "./slot-pool.js";
import { SlotWishes } from "./slot-wishes.js";
import { kindFor, nameOf } from "./slot-kind.js";
import type { SlurmWishes } from "./submission.js";

export interface SlurmRunnerOptions {
  /** Absolute path of the directory that holds the jobs, on a file system that the nodes share. */
  readonly directory: string;
  readonly slots: SlotRange;
  readonly wishes: SlurmWishes;
  /** A slot that can't reach its files for so long ends all that it runs. */
  readonly leaseMs: number;
  /** For tasks that Slurm ends, from TERM to KILL. */
  readonly graceMs: number;
  readonly cluster: Cluster;
  /** Absolute paths of the runners to bring to the nodes. */
  readonly runners: readonly string[];
  readonly runnerOptions: readonly string[];
  readonly onNotice: (text: string) => void;
  /** The claims that unfinished jobs may still have to ask about; null if that can't be told. */
  readonly findInUse: () => ClaimsInUse | null;
}

/** `slurm:<token>.<generation>/<slot>`. */
const CLAIM = /^slurm:([0-9a-z]{6,20})\.(\d+)\/(\d+)$/;
const [LOOK_MS, LONGEST_LOOK_MS] = [20, 1_000];
/** The way to a slot and back takes a tenth of a second through files. */
const BATCH_MS = 2_000;
/** How often capacity is thought over. */
const [CAPACITY_MS, SOON_MS] = [1_000, 50];
/** On top of the lease, and how long a `bye` may be on its way behind Slurm's word. */
const [MARGIN_MS, BYE_DELAY_MS] = [5_000, 5_000];
/** How long an engine that ends waits for the last words of its slots. */
const BYES_MS = 3_000;
/** A slot that has nothing to do and no word from us for so long ends by itself. */
const IDLE_S = 600;
/** Clocks that differ by more make the times of files and records misleading. */
const MOST_CLOCK_MS = 30_000;
/** What waits in a slot behind others begins later than it was handed over, and Slurm may end a slot a moment early. */
const SLOT_MARGIN_MS = 10_000;
const SAY_AGAIN_MS = 60_000;
/** Slots of different pools have numbers of their own. */
const SLOTS_OF_A_POOL = 1_000_000;

/** An attempt of an earlier engine. */
interface Orphan {
  readonly key: number;
  readonly claimKey: number;
  readonly generation: number;
  readonly slot: number;
}

interface Place {
  readonly pool: SlotPool;
  readonly channel: SlotChannel;
  readonly wireKey: number;
}

export class SlurmRunner implements TaskRunner {
  readonly #options: SlurmRunnerOptions;
  readonly #pools: Pools;
  readonly #left: LeftSlots;
  /** The first one asks for slots; the others are what earlier engines left. */
  #all: SlotPool[] = [];
  readonly #places = new Map<number, Place>();
  #handler: (reports: readonly Report[]) => void = () => {};
  #onRoom: () => void = () => {};
  #begunHandler: (begun: readonly Begun[]) => void = () => {};
  #reports: Report[] = [];
  #begun: Begun[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #lookMs = LOOK_MS;
  readonly #wishes: SlotWishes;
  readonly #movedLogs = new MovedLogs();
  /** Of attempts whose pool is still being taken over. */
  readonly #earlyStops = new Map<number, number>();
  /** Pools that are being taken over. */
  #taking = 0;
  #isMaking = false;
  #isThinking = false;
  #looks = 0;
  #keeps = false;
  #isClosing = false;
  #hasToldClock = false;
  /** When something that failed was said last. */
  readonly #saidAt = new Map<string, number>();

  constructor(options: SlurmRunnerOptions) {
    this.#options = options;
    this.#wishes = new SlotWishes(options.slots);
    this.#pools = new Pools(join(options.directory, "slurm"), options.runners);
    this.#left = new LeftSlots(this.#pools, options.cluster);
  }

  /** Asks for nothing yet: it may be that slots of a killed engine are to be gone on with. */
  async open(): Promise<void> {
    this.#every(
      () => this.#lookMs,
      () => this.#look(),
    );
    this.#every(
      () => CAPACITY_MS,
      () => this.#thinkOver(),
    );
    this.#every(
      () => (IDLE_S * 1000) / 4,
      () => this.#all.forEach((pool) => pool.beat()),
    );
  }

  /** What is to be asked for shows when something is ready. */
  warm(): void {}

  knows(claim: string): boolean {
    return isClusterClaim(claim);
  }

  readonly hasKinds = true;
  readonly batchMs = BATCH_MS;

  reserve(takes: Resources, ready: number, _isApart: boolean, limitMs: number | null): Placement | undefined {
    const kind = kindFor(takes);
    const now = performance.now();
    const marginMs = this.#options.graceMs + SLOT_MARGIN_MS;
    const lastingMs = limitMs === null ? 0 : limitMs + marginMs;
    const isHopeless = limitMs !== null && this.#all[0]?.isTooLong(nameOf(kind), limitMs) === true;
    for (const [index, pool] of isHopeless ? [] : this.#all.entries()) {
      const channel = pool.reserve(nameOf(kind), lastingMs, now);
      if (channel === undefined) continue;
      this.#wishes.want(kind, ready - 1, lastingMs, now);
      const claim = `slurm:${pool.token}.${pool.generation}/${channel.number}`;
      const leftMs = Math.max(limitMs ?? 0, (channel.life.leftMs(now) ?? Infinity) - marginMs);
      return { slot: index * SLOTS_OF_A_POOL + channel.number, claim, ranOn: pool.whereIs(channel), leftMs };
    }
    this.#wishes.want(kind, ready, lastingMs, now);
    this.#thinkSoon();
    return undefined;
  }

  release(slot: number): void {
    this.#all[Math.floor(slot / SLOTS_OF_A_POOL)]?.release(slot % SLOTS_OF_A_POOL);
  }

  start(attempts: readonly Descriptor[]): void {
    const bySlot = new Map<number, Descriptor[]>();
    for (const attempt of attempts) {
      const problem = this.#findProblem(attempt);
      if (problem !== null) this.#refuse(attempt, problem);
      else bySlot.set(attempt.slot, [...(bySlot.get(attempt.slot) ?? []), attempt]);
    }
    for (const [slot, batch] of bySlot) {
      const pool = this.#all[Math.floor(slot / SLOTS_OF_A_POOL)]!;
      const channel = pool.channel(slot % SLOTS_OF_A_POOL)!;
      for (const attempt of batch) this.#hold(attempt.key, { pool, channel, wireKey: pool.wireKey(attempt.key) }, attempt);
      const known = batch.map((attempt) => ({ ...attempt, key: pool.wireKey(attempt.key) }));
      channel.say(pool.textOf(channel).write(known), batch.length, known.at(-1)!.key);
      pool.release(channel.number);
    }
    this.#lookMs = LOOK_MS;
  }

  /** Takes over the pools in which they are, with all their slots, so that their place in the queue is kept. */
  adopt(attempts: readonly OrphanedAttempt[]): void {
    const byToken = new Map<string, Orphan[]>();
    for (const { key, claim, claimKey } of attempts) {
      const [, token = "", generation, slot] = CLAIM.exec(claim) ?? [];
      const orphans = byToken.get(token) ?? [];
      orphans.push({ key, claimKey, generation: Number(generation), slot: Number(slot) });
      byToken.set(token, orphans);
    }
    for (const [token, orphans] of byToken) {
      this.#taking += 1;
      this.#go(this.#takeOver(token, orphans).finally(() => (this.#taking -= 1)));
    }
  }

  stop(key: number, graceMs: number): void {
    const place = this.#places.get(key);
    if (place === undefined) this.#earlyStops.set(key, graceMs);
    else place.channel.say(stopCommand(place.wireKey, graceMs), 0);
    this.#lookMs = LOOK_MS;
  }

  onReports(handler: (reports: readonly Report[]) => void): void {
    this.#handler = handler;
  }

  onBegun(handler: (begun: readonly Begun[]) => void): void {
    this.#begunHandler = handler;
  }

  onRoom(handler: () => void): void {
    this.#onRoom = handler;
  }

  keep(): void {
    this.#keeps = true;
  }

  leave(_job: string, isRecorded: boolean): void {
    if (!isRecorded) this.keep();
  }

  async endStrays(_job: string, _findOwn: () => ClaimsInUse, findInUse: () => ClaimsInUse): Promise<number> {
    const isNeeded = (token: string): boolean =>
      this.#all.some((pool) => pool.token === token) || tokensOf(findInUse()).has(token);
    const ended = await this.#left.end(isNeeded);
    if (ended > 0)
      this.#options.onNotice(`slots of an engine that is gone (${ended}), of which no record speaks, were ended first`);
    return 0;
  }

  /** That is done as soon as slots of its own are asked for: those that lie idle may have what these wait for. */
  reclaim(): void {}

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.cluster.giveUp();
    for (const pool of this.#all) await pool.close();
    // Slots that are up end within moments; what takes longer ends by itself, and its files are removed by the next engine.
    for (const end = performance.now() + BYES_MS; performance.now() < end; await pause(LOOK_MS)) {
      for (const pool of this.#all) pool.look(performance.now(), true);
      if (this.#all.every((pool) => pool.hasEnded)) break;
    }
    for (const pool of this.#all) pool.giveBack(this.#keeps);
  }

  /** What keeps it from starting anything, and won't end by itself; null if nothing does. */
  get hopeless(): AirError | null {
    return this.#all[0]?.hopeless ?? null;
  }

  /** How many slots there are, and why Slurm lets others wait. */
  get slots(): SlotNews {
    const states = this.#all.map((pool) => pool.state());
    const sum = (of: (state: (typeof states)[number]) => number): number => states.reduce((total, state) => total + of(state), 0);
    const why = this.#all.map(({ troubles }) => troubles.waits).find((words) => words !== "") ?? "";
    const starting = sum((state) => state.starting);
    return { running: sum(({ up }) => up), starting, queued: sum(({ queued }) => queued) - starting, why };
  }

  /** Slots of engines that are gone, of which nobody has to hear anything any more, are given back too. */
  async #takeLeftovers(): Promise<void> {
    let needed: ReadonlySet<string | undefined> | null | undefined;
    const isNeeded = (token: string): boolean => {
      if (this.#all.some((pool) => pool.token === token)) return true;
      if (needed === undefined) {
        const claims = this.#options.findInUse();
        needed = claims === null ? null : tokensOf(claims);
      }
      return needed?.has(token) ?? true;
    };
    for (const taken of await this.#pools.takeLeftovers(isNeeded)) {
      const pool = this.#poolOf(taken);
      this.#all.push(pool);
      pool.resume();
      await pool.close();
    }
  }

  async #takeOver(token: string, orphans: readonly Orphan[]): Promise<void> {
    let pool = this.#all.find((each) => each.token === token);
    if (pool === undefined) {
      const found = await this.#pools.waitFor(token, () => this.#isClosing, this.#options.onNotice);
      if (found === null) return;
      if (found === "gone") return this.#lose(token, orphans);
      pool = this.#poolOf(found);
      this.#all.push(pool);
      pool.resume();
    }
    this.#adoptIn(pool, orphans);
  }

  #adoptIn(pool: SlotPool, orphans: readonly Orphan[]): void {
    for (const { key, claimKey, generation, slot } of orphans) {
      const channel = pool.channel(slot);
      const wireKey = pool.wireKey(claimKey, generation);
      if (channel?.hasHad(wireKey) === true) this.#hold(key, { pool, channel, wireKey }, null);
      else
        this.#later({ key, at: Date.now(), result: { kind: "not-begun", message: "its engine died before" }, wasStopped: false });
    }
    for (const [key, graceMs] of this.#earlyStops) this.stop(key, graceMs);
    // What their spools said before they were known.
    pool.replay();
    this.#lookMs = LOOK_MS;
  }

  /** Somebody removed the pool's directory: its slots end what they run when they have not seen it for as long as their lease. */
  async #lose(token: string, orphans: readonly Orphan[]): Promise<void> {
    await pause(this.#options.leaseMs + MARGIN_MS);
    const message = `the files of the slots in which it ran were removed (${token})`;
    for (const { key } of orphans) this.#later({ key, at: Date.now(), result: { kind: "lost", message }, wasStopped: false });
  }

  #poolOf(taken: TakenPool): SlotPool {
    const { cluster, wishes, leaseMs, graceMs, runnerOptions, onNotice } = this.#options;
    const limits = {
      leaseMs,
      marginMs: Math.min(MARGIN_MS, leaseMs) + leaseMs / 10,
      byeDelayMs: Math.min(BYE_DELAY_MS, leaseMs),
      lifeMs: parseSlurmTime(wishes.time ?? "") ?? Infinity,
    };
    const seconds = { lease: leaseMs / 1000, idle: IDLE_S, grace: Math.max(0.1, graceMs / 1000) };
    return new SlotPool(
      taken,
      { cluster, wishes, limits, seconds, runnerOptions, onNotice },
      {
        onReport: (report) => this.#reports.push(report),
        onBegun: (begun) => this.#begun.push(begun),
        onClock: (aheadMs) => this.#judgeClock(aheadMs),
      },
    );
  }

  #hold(key: number, place: Place, attempt: Descriptor | null): void {
    place.channel.hold(place.wireKey, key, attempt);
    this.#places.set(key, place);
  }

  #look(): void {
    this.#looks += 1;
    const now = performance.now();
    // What has nothing to do says little: it is looked at now and then, if others have.
    const isThorough = this.#places.size === 0 || this.#lookMs >= LONGEST_LOOK_MS / 4 || this.#looks % 16 === 0;
    const hasNews = this.#all.map((pool) => pool.look(now, isThorough)).includes(true);
    // With very many slots the looking itself takes its time: most of it is left for other things.
    const least = Math.max(LOOK_MS, 2 * (performance.now() - now));
    this.#lookMs = hasNews ? least : Math.min(LONGEST_LOOK_MS, this.#lookMs * (this.#places.size > 0 ? 1.05 : 1.5));
    this.#tell();
    const idle = this.#all.reduce((sum, pool) => sum + pool.state().idle, 0);
    if (idle > 0) this.#onRoom();
  }

  #tell(): void {
    const [begun, reports] = [this.#begun, this.#reports];
    [this.#begun, this.#reports] = [[], []];
    if (begun.length > 0) this.#begunHandler(begun);
    for (const { key, result } of reports) {
      this.#places.delete(key);
      this.#earlyStops.delete(key);
      this.#movedLogs.settle(key, result.kind !== "not-begun");
    }
    if (reports.length > 0) this.#handler(reports);
  }

  /** How many slots there should be, and what Slurm says of those that are there. */
  #thinkOver(): void {
    const now = performance.now();
    const [own] = this.#all;
    if (this.#isClosing) return;
    if (own !== undefined) this.#go(this.#wishes.thinkOver(own, now));
    else if (this.#taking === 0 && !this.#isMaking && this.#wishes.hasAny) this.#go(this.#make());
    for (const pool of this.#all) this.#go(pool.hearQueue(now));
  }

  /** Something waits: a moment later it is known how much. */
  #thinkSoon(): void {
    if (this.#all.length > 0 || this.#isThinking) return;
    this.#isThinking = true;
    this.#after(SOON_MS, () => {
      this.#isThinking = false;
      this.#thinkOver();
    });
  }

  async #make(): Promise<void> {
    this.#isMaking = true;
    try {
      const taken = await this.#pools.make();
      if (this.#all.length === 0) this.#all.push(this.#poolOf(taken));
      else taken.lock.release();
      await this.#takeLeftovers();
    } finally {
      this.#isMaking = false;
    }
    this.#thinkOver();
  }

  /** What fails there is tried again, and said now and then. */
  #go(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const { message } = error as Error;
      const now = performance.now();
      if (now - (this.#saidAt.get(message) ?? -Infinity) < SAY_AGAIN_MS) return;
      this.#saidAt.set(message, now);
      this.#options.onNotice(message);
    });
  }

  #judgeClock(aheadMs: number): void {
    if (this.#hasToldClock || Math.abs(aheadMs) < MOST_CLOCK_MS) return;
    this.#hasToldClock = true;
    const seconds = Math.round(aheadMs / 1000);
    this.#options.onNotice(
      `the clock of a node is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} ours: times on record are the nodes'`,
    );
  }

  #findProblem(attempt: Descriptor): Result | null {
    const message = findUnpassable(attempt);
    if (message !== undefined) return { kind: "spawn-failed", message };
    for (const move of movesOf(attempt)) {
      const problem = this.#movedLogs.makeRoom(move);
      if (problem !== null) return problem;
    }
    return null;
  }

  #refuse({ key, slot }: Descriptor, result: Result): void {
    this.release(slot);
    this.#later({ key, at: Date.now(), result, wasStopped: false });
  }

  /** Reports never arrive from within a call. */
  #later(report: Report): void {
    this.#reports.push(report);
    setImmediate(() => this.#tell());
  }

  #every(delayMs: () => number, act: () => void): void {
    this.#after(delayMs(), () => {
      act();
      this.#every(delayMs, act);
    });
  }

  #after(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isClosing) act();
    }, delayMs);
    this.#timers.add(timer);
  }
}

function tokensOf(claims: ClaimsInUse): ReadonlySet<string | undefined> {
  return new Set([...claims.keys()].map((claim) => CLAIM.exec(claim)?.[1]));
}
