/**
 * What the tasks of a batch print, shown as it was asked for: task by task, in order, line by line, or not at all. Remembers what was shown,
 * so that the same command goes on with that, too.
 */

import { join } from "node:path";
import { logFileName } from "../../../internal.js";
import type { Terminal } from "../../terminal/terminal.js";
import type { OutputWish } from "../wish.js";
import { Follower } from "./follower.js";
import { Printer } from "./printer.js";
import { Shown } from "./shown.js";

/** The numbers of the tasks before and after all others, where it is remembered what was shown: no input has them. */
const EDGES = { before: 0, after: 999_999_999_999_999 } as const;

export class BatchOutput {
  readonly #terminal: Terminal;
  readonly #printer: Printer | null;
  readonly #follower: Follower | null;
  readonly #isReaderGone: () => boolean;
  #dir = "";
  #shown: Shown | null = null;
  /** Those that were shown. */
  readonly #edges = new Set<string>();
  /** How many could not be read to their end. */
  #lacking = 0;

  constructor(terminal: Terminal, { isShown, isByLine, isOrdered }: OutputWish, isReaderGone: () => boolean) {
    const onShown = (number: number): void => this.#shown?.note(number);
    this.#terminal = terminal;
    const onLack = (): void => void (this.#lacking += 1);
    this.#printer = isShown && !isByLine ? new Printer(terminal, isOrdered, onShown, onLack) : null;
    this.#follower = isShown && isByLine ? new Follower(terminal, onShown, onLack) : null;
    this.#isReaderGone = isReaderGone;
  }

  /** @param dir of the job. @param isNew false if a batch is gone on with. */
  begin(dir: string, isNew: boolean): void {
    this.#dir = dir;
    if (this.#printer === null && this.#follower === null) return;
    this.#shown = Shown.open(shownFile(dir), isNew, { hasAll: () => this.#hasAll(), takesAll: () => this.#takesAll() });
  }

  /** A task has been taken in, or comes again. */
  follow(number: number, tag: string | null): void {
    if (this.#shown?.has(number) !== true) this.#follower?.begin(number, this.#logOf(number), tag);
  }

  /** A task has ended. @param log null if it never began. */
  add(number: number, log: string | null, tag: string | null): void {
    if (log === null) this.#printer?.pass(number);
    else this.#printer?.add({ number, log, tag });
    this.#follower?.finish(number);
  }

  /** A task comes again that had ended under an earlier command. What is not known to be left to show is left out. */
  pass(number: number, tag: string | null): void {
    if (this.#shown?.has(number) !== false) return this.add(number, null, tag);
    this.follow(number, tag);
    this.add(number, this.#logOf(number), tag);
  }

  /**
   * The task before or after all others has ended.
   *
   * @param isEarlier true if it may have under an earlier command: what is not known to be left to show is left out then
   */
  showEdge(edge: keyof typeof EDGES, isEarlier: boolean): void {
    const number = EDGES[edge];
    if (this.#edges.has(edge) || (isEarlier && this.#shown?.has(number) !== false)) return;
    this.#edges.add(edge);
    const log = join(this.#dir, "logs", logFileName(edge));
    this.#printer?.show(edge, { number, log });
    this.#follower?.begin(number, log, null);
    this.#follower?.finish(number);
  }

  /** Resolves when all that can be shown has been. */
  async end(): Promise<void> {
    await this.#printer?.end();
    await this.#follower?.end();
  }

  /** What was not shown of what has ended, in a sentence; null if all was. */
  lack(): string | null {
    return this.#lacking === 0
      ? null
      : `not all output was shown: of ${this.#lacking} ${this.#lacking === 1 ? "task" : "tasks"} it can't be read`;
  }

  /** @param isOver true if all was shown, and told: then it need not be remembered what was. */
  async close(isOver: boolean): Promise<void> {
    await this.#shown?.end(isOver);
    this.#shown = null;
  }

  #logOf(number: number): string {
    return join(this.#dir, "logs", logFileName(`task-${number}`));
  }

  #hasAll(): boolean {
    return this.#terminal.out.isFlushed && this.#terminal.err.isFlushed && !this.#isReaderGone();
  }

  async #takesAll(): Promise<boolean> {
    const taken = await Promise.all([this.#terminal.out.flushed(), this.#terminal.err.flushed()]);
    return taken.every(Boolean) && !this.#isReaderGone();
  }
}

/** Where a batch remembers what was shown of it, as long as something is left. */
export function shownFile(dir: string): string {
  return join(dir, "shown");
}
