/** What keeps the slots of a pool from coming up, in words: why Slurm lets them wait, and what makes it pointless to ask for more. */

import { AirError } from "../domain/errors.js";
import { explainWait, type QueueEntry } from "./queue-states.js";

/** So many slots in a row that never said hello are no accident. */
const MOST_SILENT = 3;
const MOST_LINES = 3;

export class SlotTroubles {
  /** Slots in a row that ended before they came up, each counted once. */
  readonly #silent = new Set<number>();
  #fatal: AirError | null = null;
  #waits = "";

  /** Why there is no point in asking for more; null if there is. */
  get fatal(): AirError | null {
    return this.#fatal;
  }

  /** What Slurm lets slots wait for; empty if nothing is known. */
  get waits(): string {
    return this.#waits;
  }

  refused(reason: string): void {
    this.#fail(`Slurm refuses slots: ${reason}. Change what is asked for, or ask the administrator.`);
  }

  /** Slurm can't be asked at all. */
  unreachable(error: AirError): void {
    this.#fatal ??= error;
  }

  /** @param readOutput what the slot left in its output file. */
  endedSilently(number: number, lastWord: QueueEntry | null, readOutput: () => string): void {
    this.#silent.add(number);
    if (this.#silent.size < MOST_SILENT || this.#fatal !== null) return;
    const said = readOutput().split("\n").slice(-MOST_LINES).join("; ");
    const words = said !== "" ? said : lastWord === null ? "no word of them" : `Slurm says ${lastWord.word}`;
    this.#fail(`${this.#silent.size} slots in a row ended before they came up: ${words}. Mend that, then run it again.`);
  }

  cameUp(): void {
    this.#silent.clear();
  }

  /** @param isAnyUp then what waits for ever is only said. */
  waiting(entries: readonly QueueEntry[], isAnyUp: boolean): void {
    const reasons = new Set(entries.flatMap(({ state, reason }) => (state === "queued" && reason !== null ? [reason] : [])));
    const waits = [...reasons].map(explainWait);
    this.#waits = waits.map(({ words }) => words).join("; ");
    const hopeless = waits.find(({ remedy }) => remedy !== null);
    if (hopeless !== undefined && !isAnyUp)
      this.#fail(`Slurm will not start the slots: ${hopeless.words}. What to do: ${hopeless.remedy}.`);
  }

  #fail(message: string): void {
    this.#fatal ??= new AirError("AIR_SYSTEM", message);
  }
}
