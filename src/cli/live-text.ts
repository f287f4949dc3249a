/** A text that is shown again and again: in its own place on a terminal, below itself when it has changed elsewhere. */

import type { Sink } from "./terminal.js";

export class LiveText {
  readonly #out: Sink;
  readonly #isInPlace: boolean;
  /** Lines on the terminal that are to be drawn over. */
  #lines = 0;
  #facts: string | null = null;

  /** @param isData true for what a program reads: it is never drawn over. */
  constructor(out: Sink, isData: boolean) {
    this.#out = out;
    this.#isInPlace = out.isTerminal && !isData;
  }

  /** @param facts what the text says but for the time that passes: elsewhere than on a terminal nothing is shown while they stay. */
  show(text: string, facts: string): void {
    if (this.#isInPlace) this.#draw(text);
    else if (facts !== this.#facts) this.#out.write(this.#facts === null ? text : `${text.startsWith("{") ? "" : "\n"}${text}`);
    this.#facts = facts;
  }

  /** Only what fits: lines that have scrolled away can't be drawn over. */
  #draw(text: string): void {
    const fitting = text
      .split("\n")
      .slice(0, -1)
      .slice(0, Math.max(1, (this.#out.stream.rows ?? 24) - 1));
    const back = this.#lines === 0 ? "" : `\u001b[${this.#lines}A\u001b[J`;
    this.#out.write(`${back}${fitting.map((line) => `${line}\n`).join("")}`);
    this.#lines = fitting.length;
  }
}
