/**
 * What a slot says in its shared spool: its own words, of more than one letter each, between the records of its runner. Pure.
 */

import type { SpoolLines } from "../workers/spool/spool-lines.js";

export interface SlotWords {
  /** It is up, and this is its first word. @param job what Slurm calls its array; null if it was not told. @param at by its own clock, in µs since 1970. */
  hello(node: string, job: string | null, at: number): void;
  /** It has handed that batch to its runner. */
  took(batch: number): void;
  /** Slurm has told it to end: what ends from now on may have been ended by that. */
  terminated(): void;
  /** Its time is nearly over: nothing that waits will begin. */
  timeIsShort(): void;
  /** Nothing of it runs any more, and this is its last word. */
  bye(why: string): void;
}

/** True if the line was one of a slot's own. */
export function readSlotLine(line: string, words: SlotWords): boolean {
  const [word = "", ...rest] = line.split(" ");
  switch (word) {
    case "up": {
      const [version, slot = "", node, at] = rest;
      if (version !== "1" || node === undefined || at === undefined || !/^\d+$/.test(at)) return false;
      words.hello(node, /^(\d+)_/.exec(slot)?.[1] ?? null, Number(at));
      return true;
    }
    case "took":
      if (!/^\d+$/.test(rest[0] ?? "")) return false;
      words.took(Number(rest[0]));
      return true;
    case "term":
      words.terminated();
      return true;
    case "soon":
      words.timeIsShort();
      return true;
    case "bye":
      words.bye(rest[0] ?? "");
      return true;
    default:
      return false;
  }
}

const BYES: Readonly<Record<string, string>> = {
  over: "it was through",
  terminated: "Slurm ended it (its time was over, it was cancelled or preempted)",
  fenced: "it was told to end all that it ran",
  lease: "it could not reach its files for as long as its lease",
  runner: "its runner died",
  watchdog: "its batch script was killed",
  clerk: "it could not write its files",
};

export function explainBye(why: string): string {
  return BYES[why] ?? why;
}

/** Feeds whole lines of a slot's spool to whom they are for. */
export class SlotReader {
  readonly #records: SpoolLines;
  readonly #words: SlotWords;
  #rest = "";

  constructor(records: SpoolLines, words: SlotWords) {
    this.#records = records;
    this.#words = words;
  }

  /** All characters of a spool are ASCII. */
  take(bytes: Buffer): void {
    const lines = (this.#rest + bytes.toString("latin1")).split("\n");
    this.#rest = lines.pop()!;
    let records = "";
    for (const line of lines) {
      // A torn one stands whole behind.
      if (line.endsWith("?") || line === "") continue;
      if (line[1] === " " || line === "q") records += `${line}\n`;
      else {
        // In order: what a slot says of itself explains what its tasks did before.
        this.#flush(records);
        records = "";
        readSlotLine(line, this.#words);
      }
    }
    this.#flush(records);
  }

  #flush(records: string): void {
    if (records !== "") this.#records.take(Buffer.from(records, "latin1"));
  }
}
