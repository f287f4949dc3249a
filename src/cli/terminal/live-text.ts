/** A text that is shown again and again: in its own place on a terminal, below itself when it has changed elsewhere. */

import { stripVTControlCharacters } from "node:util";
import type { Sink } from "./terminal.js";

const usualRows = 24;

export class LiveText {
  readonly #out: Sink;
  readonly #isInPlace: boolean;
  /** Rows of the terminal that are to be drawn over. */
  #rows = 0;
  #facts: string | null = null;

  /** @param isData true for what a program reads: it is never drawn over. */
  constructor(out: Sink, isData: boolean) {
    this.#out = out;
    this.#isInPlace = out.isTerminal && !isData;
  }

  /**
   * @param facts what the text says but for the time that passes: elsewhere than on a terminal nothing is shown while they stay.
   * @param isLast shows all of it: else it ends on a terminal where that does.
   */
  show(text: string, facts: string, isLast: boolean): void {
    if (this.#isInPlace) this.#draw(text, isLast);
    else if (facts !== this.#facts) this.#out.write(text);
    this.#facts = facts;
  }

  /** Rows that have scrolled away can't be drawn over: only what fits is drawn, but for the last time. */
  #draw(text: string, isLast: boolean): void {
    const room = (this.#out.stream.rows || usualRows) - 1;
    const back = this.#rows === 0 ? "" : `\u001b[${this.#rows}A\u001b[J`;
    let drawn = "";
    this.#rows = 0;
    for (const line of text.split("\n").slice(0, -1)) {
      const rows = Math.max(1, Math.ceil(stripVTControlCharacters(line).length / this.#out.columns()));
      if (this.#rows + rows > room && !isLast) break;
      this.#rows += rows;
      drawn += `${line}\n`;
    }
    this.#out.write(`${back}${drawn}`);
  }
}
