/**
 * What the worker thread does: supervises the runner, hands it what it is to run, reads what it did, adopts what earlier ones left.
 *
 * It decides nothing about tasks. All that became known in a turn of the event loop goes back in one message.
 */

import { setTimeout as delay } from "node:timers/promises";
import { impossible } from "../../domain/errors.js";
import type { Result } from "../../domain/outcome.js";
import { isSystemError, systemWords } from "../../system/look/error-code.js";
import type { OrphanedAttempt } from "../../domain/ports.js";
import { Adoption } from "../adopting/adoption.js";
import { forgetSpools } from "../adopting/forget-spools.js";
import { CommandLookup } from "./command-lookup.js";
import { Terminator } from "../ending/terminator.js";
import { makeLanesDirectory, spoolPath } from "../spool-name.js";
import { Ends } from "./ends.js";
import { fillInFiles } from "./fill-in-files.js";
import type { HowGone } from "./how-gone.js";
import { LiveRunner } from "./live-runner.js";
import type { HandOver, ThreadCommand, ThreadNews, ThreadSetup, UnusualEnd } from "../runner/messages.js";
import { MovedLogs } from "./moved-logs.js";
import { chooseRunner, inPlaceOfNative, portableRunner, type RunnerProgram } from "../runner/runner-program.js";

/** How often it is looked whether something is in the way of our runner. */
const LOOK_EVERY_MS = 2_000;
/** What has nothing to wait for goes within this. */
const LEAVE_MS = 1_000;

export class RunnerThread {
  readonly #setup: ThreadSetup;
  readonly #ends = new Ends();
  readonly #lookup = new CommandLookup();
  readonly #moved = new MovedLogs();
  readonly #adoption: Adoption;
  #program: RunnerProgram = chooseRunner();
  /** The runners, by the names under which they were wanted: one for most, and one for each attempt that is kept apart. */
  readonly #live = new Map<string, LiveRunner>();
  /** Why runners of ours are gone, by claim, and whether they were ever there. */
  readonly #gone = new Map<string, { readonly why: string; readonly hasRun: boolean }>();
  #forgetting: Promise<void> = Promise.resolve();
  readonly #dismissed = new Set<Promise<void>>();
  #isSending = false;
  /** It does not keep the thread alive. */
  readonly #vigil = setInterval(() => this.#lookAtRunners(), LOOK_EVERY_MS).unref();
  /** What was told last of what is in their way, by claim. */
  readonly #standstills = new Map<string, string>();

  constructor(setup: ThreadSetup) {
    this.#setup = setup;
    const { directory, lanesDirectory } = setup;
    this.#adoption = new Adoption({
      directory,
      lanesDirectory,
      terminator: new Terminator(),
      report: (report) => {
        this.#moved.settle(report.key, report.result.kind !== "not-begun");
        this.#note({ type: "settled", report });
      },
      onBegun: (key, at) => {
        this.#ends.begun(key, at * 1000);
        this.#sendSoon();
      },
      onStuck: (key, processes) => this.#note({ type: "stuck", key, processes }),
      onLeft: (key, processes) => this.#note({ type: "left", key, processes }),
      onLogLost: (key, errno) => this.#note({ type: "log-lost", key, errno }),
      onStandstill: (id, keys, words) =>
        this.#tell({ type: "standstill", id, keys, why: words?.why ?? null, isUnclear: words?.isUnclear ?? false }),
    });
    if (this.#program.instead !== undefined) this.#tell({ type: "notice", text: inPlaceOfNative(this.#program.instead) });
  }

  /** True when the command was `close` and all is gone. */
  async obey(command: ThreadCommand): Promise<boolean> {
    switch (command.type) {
      case "start":
        this.#start(command);
        return false;
      case "warm":
        this.#runnerFor(command.claim, command.width);
        return false;
      case "stop":
        if (this.#adoption.stop(command.key, command.graceMs, command.needsEnd)) return false;
        for (const runner of this.#live.values()) runner.stop(command.key, command.graceMs);
        return false;
      case "look-behind":
        await Promise.all(Array.from(this.#live.values(), (runner) => runner.hasToldWhatIsLeft()));
        this.#send();
        this.#tell({ type: "looked-behind" });
        return false;
      case "dismiss":
        this.#dismiss(command.claim);
        return false;
      case "recall":
        this.#live.get(command.claim)?.recall();
        return false;
      case "adopt":
        this.#adopt(command.attempts);
        return false;
      case "forget":
        this.#forgetting = this.#forget(command.claims, this.#forgetting);
        return false;
      case "close":
        await this.#close(command.mayRunOn);
        return true;
      default:
        return impossible(command);
    }
  }

  /** What comes for a runner that is gone is adopted with all else that it had. */
  #start(command: HandOver): void {
    const runner = this.#runnerFor(command.claim, command.width);
    if (runner === null) return;
    const refused = new Set<number>();
    for (const move of command.moves) {
      const result = this.#moved.makeRoom(move);
      if (result === null || refused.has(move.key)) continue;
      refused.add(move.key);
      this.#fail(move.key, result);
    }
    const commands = fillInFiles(
      command,
      this.#lookup,
      (key) => refused.has(key),
      (key, { problem: message, isUnclear }) =>
        this.#fail(key, { kind: isUnclear === true ? "not-begun" : "spawn-failed", message }),
    );
    runner.run(commands, command.width);
  }

  #adopt(attempts: readonly OrphanedAttempt[]): void {
    const left: OrphanedAttempt[] = [];
    for (const attempt of attempts) {
      const gone = this.#gone.get(attempt.claim);
      if (gone === undefined || gone.hasRun) left.push(attempt);
      else this.#fail(attempt.key, { kind: "not-begun", message: `no runner could be started: ${gone.why}` });
    }
    const [first] = left;
    if (first !== undefined) this.#adoption.adopt(left, this.#gone.get(first.claim)?.why ?? null);
  }

  #runnerFor(claim: string, width: number): LiveRunner | null {
    const live = this.#live.get(claim);
    if (live !== undefined) return live;
    if (this.#gone.has(claim)) return null;
    const { directory, lanesDirectory, runnerOptions } = this.#setup;
    const environment = { ...process.env, AIR_EXECUTOR_DIR: directory };
    try {
      // It may have been removed since.
      makeLanesDirectory(lanesDirectory);
      const program = { ...this.#program, args: [...this.#program.args, ...runnerOptions] };
      const runner: LiveRunner = new LiveRunner(program, spoolPath(lanesDirectory, claim), width, environment, this.#ends, {
        onNews: () => this.#sendSoon(),
        onEnd: (key, hasBegun) => this.#moved.settle(key, hasBegun),
        onGrown: () => this.#tell({ type: "grown", claim }),
        onGone: (why, how) => this.#lose(claim, why, how),
      });
      this.#live.set(claim, runner);
      return runner;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      // Said of the directory, so that one reason is one reason.
      this.#lose(claim, systemWords(error).replaceAll(spoolPath(lanesDirectory, claim), lanesDirectory), "refused");
      return null;
    }
  }

  /** Its spool stays until all is on record. */
  #dismiss(claim: string): void {
    const runner = this.#live.get(claim);
    if (runner === undefined) return;
    this.#live.delete(claim);
    this.#gone.set(claim, { why: "", hasRun: true });
    const end = runner.end().then(() => void this.#dismissed.delete(end));
    this.#dismissed.add(end);
  }

  /** Those of runners that were let go: once they have gone. */
  async #forget(claims: readonly string[], before: Promise<void>): Promise<void> {
    await before;
    if (this.#dismissed.size > 0) await Promise.race([Promise.all(this.#dismissed), delay(LEAVE_MS)]);
    await forgetSpools(this.#setup.lanesDirectory, claims);
  }

  #lose(claim: string, why: string, how: HowGone): void {
    this.#live.delete(claim);
    this.#gone.set(claim, { why, hasRun: how === "died" });
    if (how === "unfit" && this.#program.kind === "native") {
      this.#program = portableRunner();
      this.#tell({ type: "notice", text: inPlaceOfNative(why) });
    }
    this.#send();
    this.#tell({ type: "gone", claim, why });
  }

  /** Of one that somebody has stopped (SIGSTOP), or whose spool takes nothing, nothing is heard: that is said, and it goes on when it can. */
  #lookAtRunners(): void {
    for (const [claim, runner] of this.#live) {
      const why = runner.standstill;
      if (why === (this.#standstills.get(claim) ?? null)) continue;
      if (why === null) this.#standstills.delete(claim);
      else this.#standstills.set(claim, why);
      this.#tell({ type: "standstill", id: claim, keys: null, why, isUnclear: false });
    }
  }

  async #close(mayRunOn: boolean): Promise<void> {
    clearInterval(this.#vigil);
    this.#adoption.close();
    await this.#forgetting;
    const gone = Promise.all([...this.#dismissed, ...Array.from(this.#live.values(), (runner) => runner.end())]);
    await (mayRunOn ? Promise.race([gone, delay(LEAVE_MS)]) : gone);
  }

  #fail(key: number, result: Result): void {
    this.#moved.settle(key, result.kind !== "not-begun");
    this.#note({ type: "settled", report: { key, at: Date.now(), result, wasStopped: false } });
  }

  #note(end: UnusualEnd): void {
    this.#ends.unusual(end);
    this.#sendSoon();
  }

  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#isSending = false;
    if (this.#ends.isEmpty) return;
    const { news, transfer } = this.#ends.take();
    this.#setup.port.postMessage(news, transfer);
  }

  #tell(news: ThreadNews): void {
    this.#setup.port.postMessage(news, []);
  }
}
