/**
 * The runner of this engine as the worker thread sees it: a process that is given commands, rings when there is something to read, and whose
 * spool tells what it did.
 *
 * It decides nothing of what becomes of attempts when the runner is gone: that is adoption's, as after a killed engine.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { constants, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemWords } from "../../system/look/error-code.js";
import { readProcess } from "../../system/process/process-table.js";
import type { Ends } from "./ends.js";
import { howEnded, howRefused, reasonIn, type HowGone } from "./how-gone.js";
import { orphanedKeys } from "./orphaned-keys.js";
import { refusedWords, stoppedWords } from "../attempt-words.js";
import type { RunnerProgram } from "../runner/runner-program.js";
import { SpoolRoom } from "./spool-room.js";
import { SpoolCursor } from "../spool/spool-cursor.js";
import { SpoolLines, type EndingReason, type EndKind, type SpoolHead, type SpoolListener } from "../spool/spool-lines.js";

/** What was left is told a moment after the end; what is not told then was over before. */
const [LOOK_AGAIN_MS, LONGEST_LOOK_MS] = [10, 300];
const CHUNK_BYTES = 256 * 1024;
/** A bell that says besides that the spool takes nothing now. */
const REFUSED = "?".charCodeAt(0);
/** What it may say of why it can't run. */
const MOST_SAID = 1_000;

export interface LiveRunnerListener {
  /** There is something in the ends. */
  onNews(): void;
  /** An attempt is over, or did not begin. */
  onEnd(key: number, hasBegun: boolean): void;
  /** Its spool has become long. Told once. */
  onGrown(): void;
  /** It is gone, or never came up. What it recorded until then has been told. */
  onGone(why: string, how: HowGone): void;
}

export class LiveRunner implements SpoolListener {
  readonly #child: ChildProcess;
  readonly #ends: Ends;
  readonly #listener: LiveRunnerListener;
  readonly #spool: SpoolCursor;
  readonly #lines = new SpoolLines(this);
  readonly #room = new SpoolRoom();
  /** When those that run began, in µs since 1970. */
  readonly #begun = new Map<number, number>();
  /** Why those are being ended that are. */
  readonly #reasons = new Map<number, EndingReason>();
  /** Those of which it was told what they left behind. */
  readonly #left = new Set<number>();
  #width: number;
  #head: SpoolHead | null = null;
  #isGone = false;
  /** Its spool takes nothing, so nothing is heard of what it has. */
  #isRefused = false;
  #isToldToGoOn = false;
  /** The spool is read no more. */
  #isClosed = false;
  #said = "";
  #onGone: (() => void) | null = null;

  /** Throws where the machine refuses at once; later refusals come as `onGone`. */
  constructor(
    program: RunnerProgram,
    spool: string,
    width: number,
    environment: NodeJS.ProcessEnv,
    ends: Ends,
    listener: LiveRunnerListener,
  ) {
    this.#ends = ends;
    this.#listener = listener;
    this.#width = width;
    const flags = constants.O_RDONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    this.#spool = new SpoolCursor(openSync(spool, flags, 0o600), CHUNK_BYTES);
    try {
      this.#child = spawn(program.file, [...program.args, spool, String(width)], {
        argv0: "air-executor-runner",
        cwd: "/",
        // Not ours to end with us, nor to be reached by what a terminal sends us.
        detached: true,
        env: environment,
        stdio: ["pipe", "pipe", "pipe"],
      });
    } catch (error) {
      this.#spool.close();
      throw error;
    }
    this.#child.once("error", (error) => this.#leave(systemWords(error), howRefused(error)));
    // One that never came up is judged by what it said, which may come after its exit.
    this.#child.once("exit", (code, signal) => this.#hasCome() && this.#leave(this.#explain(code, signal), "died"));
    this.#child.once("close", (code, signal) =>
      this.#leave(this.#explain(code, signal), howEnded(this.#head !== null || this.#onGone !== null, this.#said, signal)),
    );
    // One that is gone says so by its exit.
    this.#child.stdin?.on("error", () => {});
    this.#child.stdout?.on("data", (bells: Buffer) => {
      this.#isRefused = bells.at(-1) === REFUSED;
      this.#readAndTell();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#said = (this.#said + text).slice(0, MOST_SAID)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Why nothing is heard of what it has, in words; null if nothing is known to be in its way. */
  get standstill(): string | null {
    const look = readProcess(this.pid);
    if (this.#isGone) return null;
    if (look.answer === "yes" && look.found.isStopped) return stoppedWords(this.pid);
    return this.#isRefused ? refusedWords(this.pid) : null;
  }

  /** @param width how many may run at once */
  run(commands: Uint8Array, width: number): void {
    if (width !== this.#width) this.#write(`n\0${width}\0`);
    this.#width = width;
    this.#write(commands);
  }

  /** It drops all that it has not begun. */
  recall(): void {
    this.#write("q\0");
  }

  /**
   * A runner that somebody has stopped (SIGSTOP) would end nothing. It is told once a turn: the system walks through all its threads for
   * each such signal, so one a task would cost the square of those that run.
   */
  stop(key: number, graceMs: number): void {
    if (!this.#isToldToGoOn) this.#child.kill("SIGCONT");
    this.#isToldToGoOn = true;
    setImmediate(() => (this.#isToldToGoOn = false));
    this.#write(`s\0${key}\0${graceMs}\0`);
  }

  /** Resolves when all that it will soon tell of what ended attempts left behind was told. */
  async hasToldWhatIsLeft(): Promise<void> {
    const end = performance.now() + LONGEST_LOOK_MS;
    // Any command has it look, which it does by itself within a second.
    if (this.#owesWord()) this.#write(`n\0${this.#width}\0`);
    while (!this.#isGone && this.#owesWord() && performance.now() < end) {
      await delay(LOOK_AGAIN_MS);
      this.#readAndTell();
    }
  }

  #owesWord(): boolean {
    const keys = this.#head === null ? [] : orphanedKeys(this.#head);
    return keys.some((key) => !this.#begun.has(key) && !this.#left.has(key));
  }

  /** It lets what runs end, and goes; resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#isGone) return;
    await new Promise<void>((resolve) => {
      this.#onGone = resolve;
      this.#child.kill("SIGCONT");
      this.#child.stdin?.end();
    });
  }

  #write(commands: Uint8Array | string): void {
    if (!this.#isGone) this.#child.stdin?.write(commands);
  }

  #readAndTell(): void {
    // A bell may still be on its way when the runner is gone.
    if (this.#isClosed) return;
    const trouble = this.#spool.readOn(this.#lines, (bytes) => this.#room.take(bytes) && this.#listener.onGrown());
    if (trouble !== null) {
      // What it does is adopted, and asked for again there; it ends when that is through.
      this.#child.stdin?.end();
      this.#leave(`its spool can't be read: ${trouble}`, "died");
    }
    if (!this.#ends.isEmpty) this.#listener.onNews();
  }

  #leave(why: string, how: HowGone): void {
    if (this.#isGone) return;
    this.#isGone = true;
    try {
      this.#readAndTell();
    } finally {
      this.#isClosed = true;
      this.#spool.close();
    }
    if (this.#onGone === null) this.#listener.onGone(why, how);
    else this.#onGone();
  }

  /** Whether its spool has a head. */
  #hasCome(): boolean {
    this.#readAndTell();
    return this.#head !== null;
  }

  #explain(code: number | null, signal: NodeJS.Signals | null): string {
    const said = reasonIn(this.#said);
    const how = signal === null ? `exit code ${code}` : signal;
    return said === "" ? `it ended by ${how}` : said;
  }

  head(head: SpoolHead): void {
    this.#head ??= head;
  }

  begun(key: number, at: number): void {
    if (!this.#begun.has(key)) this.#begun.set(key, at);
  }

  lasting(key: number): void {
    const at = this.#begun.get(key);
    if (at !== undefined) this.#ends.begun(key, at);
  }

  ended(key: number, kind: EndKind, value: number, at: number, userUs: number, systemUs: number, rssKb: number): void {
    this.#ends.ended(key, kind, this.#reasons.get(key), value, this.#begun.get(key) ?? at, at, userUs, systemUs, rssKb);
    this.#begun.delete(key);
    this.#listener.onEnd(key, kind === "x" || kind === "s");
    if (this.#reasons.size > 0) this.#reasons.delete(key);
  }

  ending(key: number, reason: EndingReason): void {
    if (!this.#reasons.has(key)) this.#reasons.set(key, reason);
  }

  dropped(key: number): void {
    this.#listener.onEnd(key, false);
    this.#ends.unusual({ type: "dropped", key, at: Date.now() });
  }

  unendable(key: number, processes: number): void {
    this.#ends.unusual({ type: "stuck", key, processes });
  }

  logLost(key: number, errno: number): void {
    this.#ends.unusual({ type: "log-lost", key, errno });
  }

  left(key: number, processes: number): void {
    this.#left.add(key);
    this.#ends.unusual({ type: "left", key, processes });
  }
}
