/**
 * The runner of this machine, as the engine sees it: on the main thread, in front of a worker thread that supervises one small process.
 *
 * It knows keys and descriptors, and nothing of how a task runs or why. When the process or the thread dies, what they had is adopted from
 * the spool, as an earlier engine's would be: so nothing runs twice, and what runs goes on.
 */

import type { ClaimsInUse } from "../../domain/claims-in-use.js";
import type { Resources } from "../../domain/resources.js";
import type { Result } from "../../domain/outcome.js";
import { isClusterClaim } from "../../domain/slurm-options.js";
import type { Standstill } from "../../domain/standstill.js";
import type {
  Begun,
  Descriptor,
  OrphanedAttempt,
  Outlived,
  Placement,
  Report,
  RunnerQueue,
  TaskRunner,
} from "../../domain/ports.js";
import { isSystemError } from "../../system/look/error-code.js";
import { inherited } from "../../system/process/inherited.js";
import { leftSpools, removeSpoolsOf } from "../adopting/forget-spools.js";
import { Strays } from "../adopting/strays.js";
import { engineToken } from "../engine-token.js";
import { lanesDirectoryOf, makeLanesDirectory } from "../spool-name.js";
import { startFailure } from "../spool/end-result.js";
import { findUnpassable, HandOverText } from "./hand-over.js";
import { END, type ThreadNews, type UnusualEnd } from "./messages.js";
import { begunOf, orphanOf, reportOf } from "./reports.js";
import { leftWords, lostLogWords, stuckWords } from "../attempt-words.js";
import { runnerOptions } from "./runner-program.js";
import { SharedQueue } from "./shared-queue.js";
import { Slots } from "./slots.js";
import { Standstills } from "./standstills.js";
import { SpoolUse } from "./spool-use.js";
import { ThreadLink } from "./thread-link.js";

const RECENT = 256;
const MOST_LEFT_SAID = 10;

export interface LocalRunnerOptions {
  /** Absolute path of the directory that holds the jobs (`.air-executor`). It exists; spools are kept in its `lanes/`. */
  readonly directory: string;
  /** Attempts at once. */
  readonly concurrency: number;
  /** Something that people should know. */
  readonly onNotice: (text: string) => void;
}

export class LocalRunner implements TaskRunner {
  readonly keepsLimits = true;
  readonly #options: LocalRunnerOptions;
  readonly #token = engineToken();
  readonly #slots: Slots;
  readonly queue: RunnerQueue;
  readonly #link: ThreadLink;
  #runners = 0;
  /** Another runner takes what comes, as soon as nothing waits in the queue of the present one. */
  #isGrown = false;
  readonly #use = new SpoolUse();
  /** Claims of slots whose attempt gets a runner of its own, until it starts; then of all that is not in the present runner, by key. */
  readonly #apartSlots = new Map<number, string>();
  readonly #apart = new Map<number, string>();
  #lastRunner = 0;
  /** What the present runner was told so far. */
  #text = new HandOverText();
  /** What it has, by key. */
  readonly #attempts = new Map<number, Descriptor>();
  /** Those that ended last, each in the place of its key: what they left behind is told a little later. */
  readonly #recent: Descriptor[] = [];
  #leftSaid = 0;
  /** What is adopted, by key. */
  readonly #orphans = new Map<number, OrphanedAttempt>();
  /** What is being stopped, how long it may take, and whether its end needs to be known. */
  readonly #stops = new Map<number, { readonly graceMs: number; readonly needsEnd: boolean }>();
  readonly #standstills = new Standstills();
  readonly #strays: Strays;
  /** Those who wait for a word on what is left. */
  #looks: (() => void)[] = [];
  #keepsSpools = false;
  #handler: (reports: readonly Report[]) => void = () => {};
  #begunHandler: (begun: readonly Begun[]) => void = () => {};
  #outlivedHandler: (outlived: Outlived) => void = () => {};

  /** Does nothing yet: `open` loads Piscina and starts the thread. */
  constructor(options: LocalRunnerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency);
    this.#strays = new Strays(options.directory);
    this.queue = new SharedQueue(options.concurrency, {
      isAlone: () => this.#orphans.size === 0 && this.#apart.size === 0 && this.#apartSlots.size === 0 && !this.#isGrown,
      claim: () => this.#claim,
      recall: (claim) => this.#link.send({ type: "recall", claim }),
    });
    const { directory } = options;
    this.#link = new ThreadLink(
      { directory, lanesDirectory: lanesDirectoryOf(directory), runnerOptions: runnerOptions(inherited()) },
      {
        onNews: (news) => this.#hear(news),
        onReplaced: (error) => this.#replaceRunner(error),
        onDiedAtEnd: ({ message }) => this.#options.onNotice(`the thread that starts tasks has died at its end: ${message}`),
        onNotStarted: () => this.#handBack(),
        onStarted: () => {
          this.#standstills.hear(threadless([], null), performance.now());
          this.#adoptAgain([...this.#orphans.values()]);
        },
      },
    );
  }

  async open(): Promise<void> {
    makeLanesDirectory(lanesDirectoryOf(this.#options.directory));
    await this.#link.open();
  }

  warm(): void {
    this.#link.send({ type: "warm", claim: this.#claim, width: this.#options.concurrency });
  }

  /** Claims are spools. */
  knows(claim: string): boolean {
    return !isClusterClaim(claim);
  }

  reserve(_takes?: Resources, _ready?: number, isApart = false): Placement | undefined {
    const slot = this.#slots.reserve();
    if (slot === undefined) return undefined;
    const claim = isApart ? this.#claimOf(++this.#lastRunner) : this.#claim;
    if (isApart) this.#apartSlots.set(slot, claim);
    return { slot, claim };
  }

  release(slot: number): void {
    this.#apartSlots.delete(slot);
    this.#slots.release(slot);
  }

  start(attempts: readonly Descriptor[]): void {
    const passable: Descriptor[] = [];
    const apart: Descriptor[] = [];
    for (const attempt of attempts) {
      this.#slots.use(attempt.slot, attempt.key);
      this.#attempts.set(attempt.key, attempt);
      const problem = findUnpassable(attempt);
      if (problem !== undefined) this.#refuse(attempt.key, problem);
      else (this.#setApart(attempt) ? apart : passable).push(attempt);
    }
    if (this.#link.trouble !== null) return this.#handBack();
    if (passable.length > 0) this.#handOver(this.#claim, this.#slots.width, this.#text, passable);
    for (const attempt of apart) this.#handOver(this.#apart.get(attempt.key)!, 1, new HandOverText(), [attempt]);
  }

  #setApart({ key, slot }: Descriptor): boolean {
    const claim = this.#apartSlots.get(slot);
    if (claim === undefined) return false;
    this.#apartSlots.delete(slot);
    this.#apart.set(key, claim);
    return true;
  }

  #handOver(claim: string, width: number, to: HandOverText, attempts: readonly Descriptor[]): void {
    const { bytes, rows, files, moves } = to.write(attempts);
    for (const { job } of attempts) this.#use.note(claim, job);
    this.#link.send({ type: "start", claim, width, bytes, rows, files, moves }, [bytes.buffer, rows.buffer]);
  }

  adopt(attempts: readonly OrphanedAttempt[]): void {
    for (const orphan of attempts) this.#orphans.set(orphan.key, orphan);
    if (this.#link.trouble !== null) this.#handBack();
    this.#link.send({ type: "adopt", attempts });
  }

  stop(key: number, graceMs: number, needsEnd = false): void {
    this.#stops.set(key, { graceMs: Math.min(graceMs, this.#stops.get(key)?.graceMs ?? graceMs), needsEnd });
    this.#link.send({ type: "stop", key, graceMs, needsEnd });
  }

  onReports(handler: (reports: readonly Report[]) => void): void {
    this.#handler = handler;
  }

  get standstills(): readonly Standstill[] {
    return this.#standstills.now(this.#orphans, (claim) => this.#having(claim));
  }

  onBegun(handler: (begun: readonly Begun[]) => void): void {
    this.#begunHandler = handler;
  }

  onOutlived(handler: (outlived: Outlived) => void): void {
    this.#outlivedHandler = handler;
  }

  whatIsLeft(): Promise<void> {
    if (this.#link.trouble !== null) return Promise.resolve();
    this.#link.send({ type: "look-behind" });
    return new Promise((resolve) => this.#looks.push(resolve));
  }

  keep(): void {
    this.#keepsSpools = true;
  }

  leave(job: string, isRecorded: boolean): void {
    if (!isRecorded) this.keep();
    this.#forgetOwn(this.#use.close(job));
  }

  endStrays(job: string, findOwn: () => ClaimsInUse, findInUse: () => ClaimsInUse): Promise<number> {
    return this.#strays.end(job, findOwn, findInUse);
  }

  reclaim(findInUse: () => ClaimsInUse | null): void {
    // First who is dead, then who needs what: the dead can't be named anew.
    const left = this.#leftSpools();
    const needed = left.length === 0 ? null : findInUse();
    if (needed !== null) this.#forget(left.filter((name) => !needed.has(name)));
  }

  /** What can't be told now is left to a later engine. */
  #leftSpools(): string[] {
    try {
      return leftSpools(this.#options.directory);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return [];
    }
  }

  async close(): Promise<void> {
    await this.#link.close({ type: "close", mayRunOn: this.#keepsSpools });
    // Those of threads that have died, too.
    if (!this.#keepsSpools) removeSpoolsOf(this.#token, lanesDirectoryOf(this.#options.directory));
  }

  /** Name of the present runner's spool. */
  get #claim(): string {
    return this.#claimOf(this.#runners);
  }

  #claimOf(runner: number): string {
    return `${this.#token}-${runner}`;
  }

  /** What a runner of ours has. */
  #having(claim: string): Descriptor[] {
    return [...this.#attempts.values()].filter(({ key }) => (this.#apart.get(key) ?? this.#claim) === claim);
  }

  #replaceRunner(error: Error): void {
    this.#options.onNotice(`the thread that starts tasks has died and is replaced: ${error.message}`);
    this.#standstills.clear();
    // Nobody answers any more.
    for (const look of this.#looks.splice(0)) look();
    const adopted = [...this.#orphans.values()];
    for (const claim of new Set([this.#claim, ...this.#apart.values()])) this.#abandonRunner(claim);
    this.#adoptAgain(adopted);
  }

  /** There is no thread: what was to be started has not begun, and of what is adopted nothing becomes known. */
  #handBack(): void {
    for (const look of this.#looks.splice(0)) look();
    const why = `no thread could be started: ${this.#link.trouble?.message}`;
    this.#standstills.hear(threadless([...this.#orphans.keys()], why), performance.now());
    const keys = [...this.#attempts.keys()];
    if (keys.length === 0) return;
    this.#nextRunner();
    const result: Result = { kind: "not-begun", message: why };
    const unusual = keys.map((key): UnusualEnd => ({
      type: "settled",
      report: { key, at: Date.now(), result, wasStopped: false },
    }));
    setImmediate(() => this.#report(unusual, new Float64Array()));
  }

  /** What a runner had is adopted. If it was the one for most, another takes what comes. */
  #abandonRunner(claim: string): void {
    const orphans = this.#having(claim).map((attempt) => orphanOf(attempt, claim));
    if (claim === this.#claim) this.#nextRunner();
    for (const orphan of orphans) {
      this.#attempts.delete(orphan.key);
      this.#apart.delete(orphan.key);
      this.#orphans.set(orphan.key, orphan);
    }
    this.#adoptAgain(orphans);
  }

  /** The present one lets what runs end; what waited in its queue would begin in slots that the next one has. */
  #renewRunner(): void {
    if (!this.#isGrown || this.#slots.hasUnplaced) return;
    const claim = this.#claim;
    const having = this.#having(claim);
    for (const { key } of having) this.#apart.set(key, claim);
    this.#nextRunner();
    if (having.length === 0) this.#dismiss(claim);
  }

  #nextRunner(): void {
    this.#text = new HandOverText();
    this.#runners = ++this.#lastRunner;
    this.#isGrown = false;
  }

  #forgetOwn(claims: readonly string[]): void {
    if (!this.#keepsSpools) this.#forget(claims);
  }

  #forget(claims: readonly string[]): void {
    if (claims.length > 0) this.#link.send({ type: "forget", claims });
  }

  #adoptAgain(orphans: readonly OrphanedAttempt[]): void {
    if (orphans.length > 0) this.#link.send({ type: "adopt", attempts: orphans });
    for (const { key } of orphans) {
      const stop = this.#stops.get(key);
      if (stop !== undefined) this.#link.send({ type: "stop", key, ...stop });
    }
  }

  /** In a turn of its own: reports never arrive from within a call. */
  #refuse(key: number, message: string): void {
    const report = { key, at: Date.now(), result: { kind: "spawn-failed", message }, wasStopped: false } as const;
    setImmediate(() => this.#report([{ type: "settled", report }], new Float64Array()));
  }

  #hear(news: ThreadNews): void {
    switch (news.type) {
      case "news":
        this.#tellBegun(news.begun);
        return this.#report(news.unusual, news.ends);
      case "gone":
        return this.#abandonRunner(news.claim);
      case "grown":
        if (news.claim !== this.#claim) return;
        this.#isGrown = true;
        return this.#renewRunner();
      case "looked-behind":
        return this.#looks.shift()?.();
      case "up":
        return;
      case "standstill":
        return this.#standstills.hear(news, performance.now());
      case "notice":
        return this.#options.onNotice(news.text);
    }
  }

  #tellBegun(pairs: readonly number[]): void {
    const begun = begunOf(pairs, (key) => this.#attempts.has(key) || this.#orphans.has(key));
    if (begun.length > 0) this.#begunHandler(begun);
  }

  #report(unusual: readonly UnusualEnd[], ends: Float64Array): void {
    const reports: Report[] = [];
    const outlived: Outlived[] = [];
    for (let at = 0; at < ends.length; at += END) {
      const report = reportOf(ends, at);
      if (this.#take(report.key) !== undefined) reports.push(report);
    }
    for (const end of unusual) {
      const report = this.#reportOfUnusual(end, outlived);
      if (report !== null) reports.push(report);
    }
    this.#renewRunner();
    const tell = (): void => {
      if (reports.length > 0) this.#handler(reports);
      for (const each of outlived) this.#outlivedHandler(each);
    };
    // Who signals everybody may have told us, too: that is heard first.
    if (reports.every(({ result }) => result.kind === "exited" && result.exitCode === 0)) tell();
    else setImmediate(tell);
  }

  /** Null for what is no end: that goes into `outlived`. */
  #reportOfUnusual(end: UnusualEnd, outlived: Outlived[]): Report | null {
    switch (end.type) {
      case "not-started": {
        const attempt = this.#take(end.key);
        if (attempt === undefined) return null;
        const result = startFailure(end.stage, end.errno, attempt);
        if (end.stage === "l") this.#text.forget(attempt.job);
        return { key: end.key, at: end.at, result, wasStopped: false };
      }
      case "dropped": {
        if (this.#take(end.key) === undefined) return null;
        const result = { kind: "not-begun", message: "it was taken back" } as const;
        return { key: end.key, at: end.at, result, wasStopped: false, isHandedBack: true };
      }
      case "settled": {
        const { key } = end.report;
        const isOurs = this.#take(key) !== undefined || this.#orphans.delete(key);
        this.#stops.delete(key);
        if (isOurs) this.#slots.free(key);
        return isOurs ? end.report : null;
      }
      case "log-lost": {
        const attempt = this.#known(end.key);
        if (attempt !== undefined) this.#options.onNotice(lostLogWords(attempt, end.errno));
        return null;
      }
      case "stuck":
      case "left": {
        const { key, processes } = end;
        const attempt = this.#known(key);
        if (attempt === undefined) return null;
        const { job, task, attempt: number } = attempt;
        const run = "run" in attempt ? attempt.run : null;
        outlived.push({ job, run, task, attempt: number, processes, isStuck: end.type === "stuck" });
        this.#sayOutlived(outlived.at(-1)!);
        return null;
      }
    }
  }

  /** It may have ended just now. */
  #known(key: number): Descriptor | OrphanedAttempt | undefined {
    const recent = this.#recent[key % RECENT];
    return this.#attempts.get(key) ?? this.#orphans.get(key) ?? (recent?.key === key ? recent : undefined);
  }

  #sayOutlived(outlived: Outlived): void {
    if (outlived.isStuck) return this.#options.onNotice(stuckWords(outlived));
    if (this.#leftSaid === MOST_LEFT_SAID) return;
    this.#leftSaid += 1;
    this.#options.onNotice(leftWords(outlived, this.#leftSaid === MOST_LEFT_SAID));
  }

  /** A runner that is not the present one has nothing more to do after its last attempt. */
  #leaveApart(key: number): void {
    const claim = this.#apart.get(key);
    if (claim === undefined) return;
    this.#apart.delete(key);
    for (const other of this.#apart.values()) if (other === claim) return;
    this.#dismiss(claim);
  }

  #dismiss(claim: string): void {
    this.#link.send({ type: "dismiss", claim });
    this.#forgetOwn(this.#use.release(claim));
  }

  /** Undefined if it was reported before, or is adopted now. */
  #take(key: number): Descriptor | undefined {
    const attempt = this.#attempts.get(key);
    if (attempt === undefined) return undefined;
    this.#attempts.delete(key);
    this.#leaveApart(key);
    this.#recent[key % RECENT] = attempt;
    if (this.#stops.size > 0) this.#stops.delete(key);
    this.#slots.free(key);
    return attempt;
  }
}

function threadless(keys: readonly number[], why: string | null): ThreadNews & { readonly type: "standstill" } {
  return { type: "standstill", id: "thread", keys, why, isUnclear: true };
}
