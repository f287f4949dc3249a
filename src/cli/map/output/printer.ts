/**
 * Shows what tasks print: stdout on ours, stderr on ours, task by task, read from the logs. A slow reader of ours makes it late, and keeps
 * nobody else waiting: what is to be shown stands in the logs for as long as it takes.
 */

import { dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { logFileName } from "../../../internal.js";
import { hasEntries, lookAt } from "../../../system/look/path-look.js";
import { errorsPathOf, LogFile } from "../../log-file.js";
import { prefixedView, rawView, terminalView, type LogView } from "../../render/log-lines.js";
import { printableLine } from "../../render/printable.js";
import type { Sink, Terminal } from "../../terminal/terminal.js";
import { NumberSet } from "./number-set.js";
import { RoomWait } from "./room-wait.js";
import { AsTheyEnd, ByNumber, type Order } from "./order.js";

/** What of a result is needed here. */
export interface Ended {
  readonly number: number;
  readonly log: string;
  readonly tag: string | null;
}

export type Whole = Pick<Ended, "number" | "log">;

export class Printer {
  readonly #terminal: Terminal;
  readonly #order: Order;
  readonly #onShown: (number: number) => void;
  readonly #onLack: () => void;
  /** Those with nothing to show. */
  readonly #passed = new NumberSet();
  readonly #tags = new Map<number, string>();
  /** Logs that come before all others, and behind all that is to be shown by then. */
  readonly #edges: Record<"before" | "after", Whole | null> = { before: null, after: null };
  readonly #room: RoomWait;
  #logs = "";
  #hasLogs = false;
  #pump: Promise<void> | null = null;

  /**
   * @param onShown told of each task that has printed something, when that has been written. @param onLack told of each of which not all could
   * be read
   */
  constructor(terminal: Terminal, isOrdered: boolean, onShown: (number: number) => void, onLack: () => void) {
    this.#terminal = terminal;
    this.#room = new RoomWait(terminal.err);
    this.#onShown = onShown;
    this.#onLack = onLack;
    this.#order = isOrdered ? new ByNumber() : new AsTheyEnd();
  }

  /** A task has ended: its output is shown when its turn comes. */
  add({ number, log, tag }: Ended): void {
    this.#logs ||= dirname(log);
    if (tag !== null) this.#tags.set(number, tag);
    this.#order.add(number);
    this.#pump ??= this.#run();
  }

  /** Of a task that was shown before, or has nothing to show: the next one's turn may come. */
  pass(number: number): void {
    this.#passed.add(number);
    this.#order.add(number);
    this.#pump ??= this.#run();
  }

  /** A task before or after all others has ended. */
  show(edge: "before" | "after", whole: Whole): void {
    this.#edges[edge] = whole;
    this.#pump ??= this.#run();
  }

  /** Resolves when all that can be shown has been. */
  async end(): Promise<void> {
    await this.#pump;
  }

  async #run(): Promise<void> {
    try {
      // What ends in this turn of the event loop is taken together.
      await turn();
      if (this.#edges.before !== null) await this.#showEdge("before");
      const hasLogs = this.#lookForLogs();
      for (let number = this.#order.next(); number !== null; number = this.#order.next()) {
        const tag = this.#tags.get(number) ?? null;
        this.#tags.delete(number);
        const log = `${this.#logs}/${logFileName(`task-${number}`)}`;
        if (this.#passed.has(number) || !hasLogs || hasNothing(log)) continue;
        if (await this.#showBoth(log, tag)) this.#onShown(number);
      }
      await this.#showEdge("after");
    } finally {
      this.#pump = null;
    }
  }

  /** False as long as no task at all has printed anything: then none has to be looked at. */
  #lookForLogs(): boolean {
    if (this.#hasLogs) return true;
    const { answer } = hasEntries(this.#logs);
    return (this.#hasLogs = answer === "yes" || answer === "unknown");
  }

  async #showEdge(edge: "before" | "after"): Promise<void> {
    const whole = this.#edges[edge];
    this.#edges[edge] = null;
    if (whole !== null && (await this.#showBoth(whole.log, null))) this.#onShown(whole.number);
  }

  /** True if there was something to show, and all of it was. */
  async #showBoth(log: string, tag: string | null): Promise<boolean> {
    const { out, err } = this.#terminal;
    const shown = [await showLog(log, out, tag, this.#room), await showLog(errorsPathOf(log), err, tag, this.#room)];
    const problems = shown.flatMap(({ problem }) => problem ?? []);
    for (const problem of problems) await err.send(`air-executor: ${printableLine(problem)}\n`);
    if (problems.length > 0) this.#onLack();
    return problems.length === 0 && shown.some(({ isEmpty }) => !isEmpty);
  }
}

function hasNothing(log: string): boolean {
  return isMissing(log) && isMissing(errorsPathOf(log));
}

function isMissing(path: string): boolean {
  return lookAt(path).answer === "no";
}

/** `problem`: why there is nothing to show although there should be; null as a rule. */
async function showLog(
  path: string,
  sink: Sink,
  tag: string | null,
  room: RoomWait,
): Promise<{ isEmpty: boolean; problem: string | null }> {
  if (isMissing(path)) return { isEmpty: true, problem: null };
  const file = new LogFile(path);
  let isEmpty = true;
  try {
    await room.opened(file);
    const view = viewFor(sink, tag);
    for (const chunk of file.readWhole()) {
      isEmpty = false;
      await sink.deliver(view.take(chunk));
    }
    await sink.deliver(view.end());
    return { isEmpty, problem: file.problem };
  } finally {
    file.close();
  }
}

export function viewFor({ isTerminal }: Sink, tag: string | null): LogView {
  if (tag === null) return isTerminal ? terminalView() : rawView();
  return prefixedView(`${isTerminal ? printableLine(tag) : tag}\t`, isTerminal);
}
