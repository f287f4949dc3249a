/** Shows what tasks print while they run, in whole lines, so that lines of several tasks mix and none is cut. Looks several times a second. */

import { errorsPathOf, LogFile } from "../../log-file.js";
import type { LogView } from "../../render/log-lines.js";
import { printableLine } from "../../render/printable.js";
import type { Sink, Terminal } from "../../terminal/terminal.js";
import { viewFor } from "./printer.js";
import { RoomWait } from "./room-wait.js";

const LOOK_EVERY_MS = 50;

interface Followed {
  readonly file: LogFile;
  readonly sink: Sink;
  readonly view: LogView;
  /** Whether it was there at an earlier look. */
  wasThere: boolean;
}

export class Follower {
  readonly #terminal: Terminal;
  readonly #onShown: (number: number) => void;
  readonly #onLack: () => void;
  readonly #open = new Map<number, Followed[]>();
  readonly #ended: number[] = [];
  #isLookDue = false;
  #work: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  /** @param onShown told of each task whose output has been written, to its end. @param onLack told of each of which not all could be read */
  constructor(terminal: Terminal, onShown: (number: number) => void, onLack: () => void) {
    this.#terminal = terminal;
    this.#onShown = onShown;
    this.#onLack = onLack;
    this.#timer = setInterval(() => {
      this.#isLookDue = true;
      this.#look();
    }, LOOK_EVERY_MS);
  }

  /** A task has been taken in: its log may come. */
  begin(number: number, log: string, tag: string | null): void {
    if (this.#open.has(number)) return;
    const { out, err } = this.#terminal;
    const follow = (path: string, sink: Sink): Followed => ({
      file: new LogFile(path),
      sink,
      view: linesFor(sink, tag),
      wasThere: false,
    });
    this.#open.set(number, [follow(log, out), follow(errorsPathOf(log), err)]);
  }

  /** A task has ended: what is left of its output is shown, also an unfinished line. */
  finish(number: number): void {
    this.#ended.push(number);
    this.#look();
  }

  /** Resolves when all has been shown. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#work !== null) await this.#work;
    await this.#show();
    const room = new RoomWait(this.#terminal.err);
    for (const { file } of [...this.#open.values()].flat()) if (file.hasNoRoom) await room.opened(file);
    await this.#show(true);
  }

  #look(): void {
    this.#work ??= this.#show().finally(() => (this.#work = null));
  }

  /** Those first whose end is known: each is remembered as shown, and does not come again, before others are looked at. */
  async #show(isLast = false): Promise<void> {
    for (const number of this.#ended.splice(0)) await this.#showEnd(number, isLast);
    if (!this.#isLookDue && !isLast) return;
    this.#isLookDue = false;
    for (const followed of this.#open.values()) {
      for (const log of followed) {
        if (log.wasThere || isLast) await showNews(log);
        // A short task ends before the next look: what is shown as it ends does not come again if we are killed.
        else log.wasThere = log.file.isThere();
      }
    }
  }

  /** What can't be read is tried again, up to the last look. */
  async #showEnd(number: number, isLast: boolean): Promise<void> {
    const followed = this.#open.get(number);
    if (followed === undefined) return;
    for (const log of followed) await showNews(log);
    const problems = followed.flatMap(({ file }) => file.problem ?? []);
    if (problems.length > 0 && !isLast) return void this.#ended.push(number);
    for (const { file, sink, view } of followed) {
      await sink.send(view.end());
      file.close();
    }
    for (const problem of problems) await this.#terminal.err.send(`air-executor: ${printableLine(problem)}\n`);
    this.#open.delete(number);
    if (problems.length > 0) this.#onLack();
    else this.#onShown(number);
  }
}

async function showNews({ file, sink, view }: Followed): Promise<void> {
  for (const chunk of file.read()) await sink.send(view.take(chunk));
}

/** In whole lines also without a tag. */
function linesFor(sink: Sink, tag: string | null): LogView {
  return tag === null ? wholeLines(viewFor(sink, null)) : viewFor(sink, tag);
}

function wholeLines(view: LogView): LogView {
  let rest: Buffer = Buffer.alloc(0);
  return {
    take: (chunk) => {
      const bytes = Buffer.concat([rest, Buffer.from(view.take(chunk))]);
      const end = bytes.lastIndexOf("\n") + 1;
      rest = bytes.subarray(end);
      return bytes.subarray(0, end);
    },
    end: () => Buffer.concat([rest, Buffer.from(view.end())]),
  };
}
