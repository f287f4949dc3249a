/** What a manager waits for, on its slate: jobs that it can't take up now, and why. Written by it, read by `status`. */

import { managerWaits } from "../internal.js";
import { readSlate, Slate } from "../system/write/slate.js";
import { directoryFromHere } from "../system/look/current-directory.js";

/** Under no job's name stands what it waits for itself. */
export const ITSELF = "";

export class Waits {
  readonly #slate: Slate;
  readonly #sentences = new Map<string, string>();

  constructor(dir: string) {
    this.#slate = new Slate(managerWaits(dir));
  }

  /** @param sentence null when it is over. */
  note(name: string, sentence: string | null): void {
    if (sentence === null ? !this.#sentences.delete(name) : this.#sentences.get(name) === sentence) return;
    if (sentence !== null) this.#sentences.set(name, sentence);
    this.#slate.say(this.#sentences);
  }

  /** To be called now and then: the slate's file may have been removed or replaced. */
  keep(): void {
    this.#slate.say(this.#sentences);
  }

  close(): void {
    try {
      this.#slate.remove();
    } catch {
      // Nobody believes it without a manager.
    }
  }
}

/** Of the manager that runs: to be asked only while one does. */
export function readWaits(dir: string): ReadonlyMap<string, string> {
  const slate = readSlate(managerWaits(directoryFromHere(dir)));
  return typeof slate === "string" ? new Map([[ITSELF, slate]]) : slate;
}
