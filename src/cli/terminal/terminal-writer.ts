/**
 * Writes to a terminal without ever waiting for it: one that is stalled (Ctrl-S, a connection that hangs) takes nothing, and an engine that
 * waited for it would pass its timeouts by. What is to be read is kept and written when there is room; frames of the lines at the bottom,
 * which the next one replaces, are dropped.
 *
 * The descriptor is our own, opened anew without blocking, since the shell and others share the one that we were given.
 */

import { constants, openSync, writeSync } from "node:fs";
import { widthOf } from "../render/text-width.js";

/** More is not kept: then the terminal has been stalled for long, and a line says how much is missing. */
const MOST_KEPT = 4 * 1024 * 1024;
/** Above this, data waits. */
const ENOUGH = 64 * 1024;
const [RETRY_MS, LONGEST_RETRY_MS] = [2, 100];

export class TerminalWriter {
  readonly #descriptor: number;
  readonly #columns: () => number;
  readonly #waiting: Buffer[] = [];
  #kept = 0;
  #lost = 0;
  #isGone = false;
  #retryMs = RETRY_MS;
  #timer: NodeJS.Timeout | null = null;
  readonly #senders: (() => void)[] = [];
  /** The lines at the bottom, as they were drawn. */
  #drawn: readonly string[] = [];
  #isAtLineStart = true;

  private constructor(descriptor: number, columns: () => number) {
    this.#descriptor = descriptor;
    this.#columns = columns;
  }

  /** Null where a terminal can't be opened anew: then there is only the way that blocks. */
  static open(descriptor: 1 | 2, columns: () => number): TerminalWriter | null {
    try {
      const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
      return new TerminalWriter(openSync(`/proc/self/fd/${descriptor}`, flags), columns);
    } catch {
      return null;
    }
  }

  /** True if nothing is kept that the terminal has not taken. */
  get isFlushed(): boolean {
    return this.#kept === 0;
  }

  /** Text that stays, above the lines at the bottom. */
  write(text: string | Uint8Array): void {
    if (text.length === 0) return;
    const bytes = Buffer.from(text);
    if (this.#kept > MOST_KEPT) this.#lost += bytes.length;
    else this.#put(Buffer.concat([Buffer.from(this.#erasure()), bytes]));
    this.#drawn = [];
    this.#isAtLineStart = bytes.at(-1) === 0x0a;
  }

  /** The same, and resolves when there is room for more. */
  send(text: string | Uint8Array): Promise<void> {
    this.write(text);
    return this.#kept <= ENOUGH ? Promise.resolve() : new Promise((resolve) => this.#senders.push(resolve));
  }

  /** Draws the lines at the bottom, in place of those before; none takes them away. A terminal that takes nothing just now does without. */
  draw(lines: readonly string[]): void {
    if (this.#kept > 0 || (lines.length === 0 && this.#drawn.length === 0)) return;
    const begin = this.#drawn.length === 0 && !this.#isAtLineStart ? "\n" : "";
    this.#put(Buffer.from(`${this.#erasure()}${begin}${lines.join("\n")}`));
    this.#drawn = lines;
    this.#isAtLineStart = lines.length === 0;
  }

  /** From the end of what was drawn to its beginning, and everything there is away. A terminal that became narrower has wrapped it. */
  #erasure(): string {
    if (this.#drawn.length === 0) return "";
    const columns = Math.max(1, this.#columns());
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ""}\x1b[J`;
  }

  #put(bytes: Buffer): void {
    if (this.#isGone) return;
    this.#waiting.push(bytes);
    this.#kept += bytes.length;
    if (this.#timer === null) this.#pump();
  }

  #pump(): void {
    this.#timer = null;
    for (let bytes = this.#waiting[0]; bytes !== undefined; bytes = this.#waiting[0]) {
      const written = this.#tryWrite(bytes);
      if (written === null) return this.#retry();
      this.#retryMs = RETRY_MS;
      this.#kept -= written;
      if (written === bytes.length) this.#waiting.shift();
      else this.#waiting[0] = bytes.subarray(written);
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.write(`… ${lost} bytes were not shown: the terminal took none\n`);
    for (const go of this.#senders.splice(0)) go();
  }

  /** Null if it takes nothing now. */
  #tryWrite(bytes: Buffer): number | null {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return null;
      // It is gone: there is nobody left to write to.
      this.#isGone = true;
      return bytes.length;
    }
  }

  #retry(): void {
    this.#timer = setTimeout(() => this.#pump(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }
}
