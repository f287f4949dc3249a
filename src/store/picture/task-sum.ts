/**
 * Tells whether the same tasks came again, in whatever order, in a few bytes however many there were: the sum of a hash of each, of 96 bits.
 * What counts is what comes of an input: id, command, arguments and what is read. Pure.
 */

import type { TaskSpec } from "../../domain/task.js";
import { hash } from "../hash.js";

const WORDS = 3;

export class TaskSum {
  readonly #words = new Uint32Array(WORDS);

  add({ id, command, args, stdin }: Pick<TaskSpec, "id" | "command" | "args" | "stdin">): void {
    const bytes = hash("sha1", JSON.stringify([id, command, args, stdin]));
    let carry = 0;
    for (let word = 0; word < WORDS; word++) {
      const sum = this.#words[word]! + bytes.readUInt32LE(word * 4) + carry;
      this.#words[word] = sum;
      carry = sum > 0xffffffff ? 1 : 0;
    }
  }

  equals(other: TaskSum): boolean {
    return this.#words.every((word, index) => word === other.#words[index]);
  }
}
