/**
 * The worker thread, seen from the main thread: started once, spoken to over one port, and replaced when it has died. While the machine has
 * no room for one it is tried again, and why there is none can be asked.
 *
 * It is never ended while it has children: their exits would never be seen.
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Piscina } from "piscina";
import { AirError } from "../../domain/errors.js";
import type { ThreadCommand, ThreadNews, ThreadSetup } from "./messages.js";
import { RepeatedDeaths } from "./repeated-deaths.js";
import { takeThreads } from "../threads.js";

/** Between tries while there is no room for a thread: each time twice as long. */
const [FIRST_DELAY_MS, LONGEST_DELAY_MS] = [20, 2_000];

export interface ThreadListener {
  onNews(news: ThreadNews): void;
  /** The thread has died, and another is on its way. The runner of the one before hears the end of its input, and lets what runs end. */
  onReplaced(error: Error): void;
  /** It has died when it was told to end. */
  onDiedAtEnd(error: Error): void;
  /** No thread came up: what it was sent never came to anybody, and what it is sent until `onStarted` won't. */
  onNotStarted(error: Error): void;
  /** After that a thread is on its way again. */
  onStarted(): void;
}

export class ThreadLink {
  readonly #setup: Omit<ThreadSetup, "port">;
  readonly #listener: ThreadListener;
  #piscina: Piscina | null = null;
  #port: MessagePort | null = null;
  /** True once it has said something. */
  #isUp = false;
  readonly #deaths = new RepeatedDeaths();
  #life: Promise<void> = Promise.resolve();
  #trouble: Error | null = null;
  #delayMs = FIRST_DELAY_MS;
  #retry: NodeJS.Timeout | null = null;
  #isClosing = false;

  constructor(setup: Omit<ThreadSetup, "port">, listener: ThreadListener) {
    this.#setup = setup;
    this.#listener = listener;
  }

  /** Why there is no thread just now; null if there is one. */
  get trouble(): Error | null {
    return this.#trouble;
  }

  /**
   * Where the machine has no room for a thread that is told as `onNotStarted`, and tried again.
   *
   * @throws AirError `AIR_SYSTEM` if a part of our own that it takes is missing.
   */
  async open(): Promise<void> {
    await this.#startAgain(() => {});
    if (!(this.#trouble instanceof AirError)) return;
    clearTimeout(this.#retry ?? undefined);
    throw this.#trouble;
  }

  send(command: ThreadCommand, transfer: readonly ArrayBufferLike[] = []): void {
    if (this.#trouble !== null) return;
    if (this.#port === null) throw new Error("Internal error: the runner is not open");
    this.#port.postMessage(command, transfer as ArrayBuffer[]);
  }

  /** The thread ends by itself when it is told to close. Resolves when it is gone. */
  async close(command: ThreadCommand & { readonly type: "close" }): Promise<void> {
    this.#isClosing = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#port === null) return;
    this.send(command);
    await this.#life;
    await this.#piscina?.destroy();
    this.#port.close();
    this.#port = null;
  }

  #start(piscina: Piscina): void {
    const { port1, port2 } = new MessageChannel();
    port1.on("message", (news: ThreadNews) => this.#hear(news));
    this.#piscina = piscina;
    this.#port = port1;
    this.#isUp = false;
    this.#trouble = null;
    const life = new Promise<void>((resolve, reject) => {
      // A thread that dies without a task of ours.
      piscina.on("error", reject);
      piscina.run({ ...this.#setup, port: port2 }, { transferList: [port2] }).then(() => resolve(), reject);
    });
    this.#life = life.catch((error: unknown) => this.#died(error as Error));
  }

  #hear(news: ThreadNews): void {
    if (news.type !== "up") return this.#listener.onNews(news);
    this.#isUp = true;
    this.#delayMs = FIRST_DELAY_MS;
  }

  #died(error: Error): void {
    const wasUp = this.#isUp;
    this.#port?.close();
    void this.#piscina?.destroy();
    this.#piscina = null;
    this.#trouble = error;
    // Nothing ran any more.
    if (this.#isClosing) return this.#listener.onDiedAtEnd(error);
    if (wasUp && this.#deaths.count(performance.now())) {
      // A fault in this program, and its attempts are left to adoption: end as uncaught, not in silence.
      queueMicrotask(() => {
        throw error;
      });
      return;
    }
    if (wasUp) void this.#startAgain(() => this.#listener.onReplaced(error));
    else this.#startLater(error);
  }

  #startLater(error: Error): void {
    this.#trouble = error;
    this.#listener.onNotStarted(error);
    this.#retry = setTimeout(() => void this.#startAgain(() => this.#listener.onStarted()), this.#delayMs);
    this.#delayMs = Math.min(LONGEST_DELAY_MS, 2 * this.#delayMs);
  }

  async #startAgain(tell: () => void): Promise<void> {
    try {
      this.#start(await takeThreads());
      tell();
    } catch (error) {
      if (!this.#isClosing) this.#startLater(error as Error);
    }
  }
}
