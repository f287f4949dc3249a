/**
 * The worker thread, seen from the main thread: started once, spoken to over one port, and replaced when it has died.
 *
 * It is never ended while it has children: their exits would never be seen.
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Piscina } from "piscina";
import type { ThreadCommand, ThreadNews, ThreadSetup } from "./messages.js";
import { takeThreads } from "./threads.js";

/** A thread that dies more often has a fault that no new one mends. */
const MOST_THREADS = 4;

export interface ThreadListener {
  onNews(news: ThreadNews): void;
  /** The thread has died, and another is there. The runner of the one before hears the end of its input, and lets what runs end. */
  onReplaced(error: Error): void;
}

export class ThreadLink {
  readonly #setup: Omit<ThreadSetup, "port">;
  readonly #listener: ThreadListener;
  #piscina: Piscina | null = null;
  #port: MessagePort | null = null;
  #threads = 0;
  #life: Promise<void> = Promise.resolve();
  #isClosing = false;

  constructor(setup: Omit<ThreadSetup, "port">, listener: ThreadListener) {
    this.#setup = setup;
    this.#listener = listener;
  }

  async open(): Promise<void> {
    this.#piscina = await takeThreads();
    this.#start();
  }

  send(command: ThreadCommand, transfer: readonly ArrayBufferLike[] = []): void {
    if (this.#port === null) throw new Error("Internal error: the runner is not open");
    this.#port.postMessage(command, transfer as ArrayBuffer[]);
  }

  /** The thread ends by itself when it is told to close. Resolves when it is gone. */
  async close(command: ThreadCommand & { readonly type: "close" }): Promise<void> {
    this.#isClosing = true;
    if (this.#port === null) return;
    this.send(command);
    await this.#life;
    await this.#piscina?.destroy();
    this.#port.close();
    this.#port = null;
  }

  #start(): void {
    const { port1, port2 } = new MessageChannel();
    port1.on("message", (news: ThreadNews) => this.#listener.onNews(news));
    this.#port = port1;
    this.#threads += 1;
    const life = this.#piscina!.run({ ...this.#setup, port: port2 }, { transferList: [port2] });
    this.#life = life.catch((error: unknown) => this.#replace(error as Error));
  }

  #replace(error: Error): void {
    if (this.#isClosing || this.#threads === MOST_THREADS) {
      // A fault in this program, and its attempts are left to adoption: end as uncaught, not in silence.
      queueMicrotask(() => {
        throw error;
      });
      return;
    }
    this.#port?.close();
    this.#start();
    this.#listener.onReplaced(error);
  }
}
