/** Lines of a map's tasks, in the order in which the tasks came, whichever they are made in. Holds those that wait for an earlier one's. */

interface Arrival<Origin> {
  readonly number: number;
  readonly origin: Origin;
}

export class LinesInOrder<Origin> {
  /** Tasks without a line, by their ids, as they came. */
  readonly #open = new Map<string, Arrival<Origin>>();
  /** By the number of the task. */
  readonly #waiting = new Map<number, string>();
  #count = 0;
  /** How many tasks have a place in the text. */
  #placed = 0;
  #ready: string[] = [];
  #characters = 0;

  /** How many wait for the first. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Those without a line, as they came. */
  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Where the first of them came from. There must be one. */
  get first(): Origin {
    return this.#open.values().next().value!.origin;
  }

  /** Of what can be taken. */
  get characters(): number {
    return this.#characters;
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  /** A task has come, after all others. */
  come(id: string, origin: Origin): void {
    this.#open.set(id, { number: this.#count++, origin });
  }

  /** The line of a task that is open. */
  put(id: string, line: string): void {
    const { number } = this.#open.get(id)!;
    this.#open.delete(id);
    if (number !== this.#placed) return void this.#waiting.set(number, line);
    for (let next: string | undefined = line; next !== undefined; next = this.#waiting.get(this.#placed)) {
      this.#waiting.delete(this.#placed++);
      this.#ready.push(next);
      this.#characters += next.length;
    }
  }

  /** The lines that are next in the text; "" if there are none. */
  take(): string {
    const text = this.#ready.join(",\n");
    this.#ready = [];
    this.#characters = 0;
    return text;
  }
}

/** The text of a list whose lines come in pieces. */
export function* listText(pieces: Iterable<Buffer | string>): Generator<Buffer | string> {
  let before = "[\n";
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    yield before;
    yield piece;
    before = ",\n";
  }
  yield before === "[\n" ? "[\n]\n" : "\n]\n";
}
