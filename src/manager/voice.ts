/** What the manager's log says of one job: the same trouble once, however often it is met. */

import type { LogLevel, ManagerLog } from "./log.js";

type Fields = Readonly<Record<string, unknown>>;

export class Voice {
  readonly #log: ManagerLog;
  readonly #job: string;
  #trouble = "";

  constructor(log: ManagerLog, job: string) {
    this.#log = log;
    this.#job = job;
  }

  tell(level: LogLevel, message: string, fields: Fields = {}): void {
    this.#log.write(level, message, { job: this.#job, ...fields });
  }

  tellTrouble(level: LogLevel, message: string, fields: Fields = {}): void {
    if (message !== this.#trouble) this.tell(level, message, fields);
    this.#trouble = message;
  }

  /** It is over: if it comes again it is told again. */
  forgetTrouble(): void {
    this.#trouble = "";
  }
}
