/**
 * Reads the commands that a runner gets (native/PROTOCOL.md) from their bytes as they come. Pure; decides nothing. Values stay bytes, for they need
 * be no text.
 */

/** What the tasks of a job have in common. */
export interface TaskContext {
  readonly cwd: Buffer;
  readonly logs: Buffer;
  readonly env: readonly Buffer[];
}

export interface TaskOrder {
  readonly key: number;
  readonly cwd: Buffer;
  readonly logs: Buffer;
  readonly log: Buffer;
  /** Empty: stderr goes into the log. */
  readonly errorLog: Buffer;
  /** Empty for nothing. */
  readonly input: Buffer;
  readonly limitMs: number;
  readonly graceMs: number;
  /** `NAME=VALUE`, the first of a name counts. */
  readonly env: readonly Buffer[];
  readonly file: Buffer;
  readonly args: readonly Buffer[];
}

export type Command =
  | { readonly type: "run"; readonly task: TaskOrder }
  | { readonly type: "stop"; readonly key: number; readonly graceMs: number }
  | { readonly type: "slots"; readonly count: number }
  | { readonly type: "drop-all" };

export class ProtocolError extends Error {}

/** Ran out of bytes: the command is not all here yet. */
const INCOMPLETE = Symbol("incomplete");

export class CommandReader {
  readonly #contexts = new Map<number, TaskContext>();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @throws ProtocolError for what is no command; what came before it was given. */
  *take(bytes: Buffer): Generator<Command> {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const command = this.#readOne();
      if (command === INCOMPLETE) return;
      if (command !== null) yield command;
    }
  }

  /** Null for one that was for this reader alone. What was read is cut off, what is not whole stays. */
  #readOne(): Command | null | typeof INCOMPLETE {
    this.#at = 0;
    try {
      const command = this.#read();
      this.#bytes = this.#bytes.subarray(this.#at);
      return command;
    } catch (error) {
      if (error === INCOMPLETE) return INCOMPLETE;
      throw error;
    }
  }

  #read(): Command | null {
    const type = this.#field().toString("latin1");
    switch (type) {
      case "c": {
        const [id, cwd, logs] = [this.#number(), this.#field(), this.#field()];
        this.#contexts.set(id, { cwd, logs, env: this.#list() });
        return null;
      }
      case "x":
        this.#contexts.delete(this.#number());
        return null;
      case "r":
        return { type: "run", task: this.#task() };
      case "s":
        return { type: "stop", key: this.#number(), graceMs: this.#number() };
      case "n": {
        const count = this.#number();
        if (count < 1) throw new ProtocolError("n 0 is no command: expected at least one slot");
        return { type: "slots", count };
      }
      case "q":
        return { type: "drop-all" };
      default:
        throw new ProtocolError(`${JSON.stringify(type.slice(0, 40))} is no command: expected one of c x r s n q`);
    }
  }

  #task(): TaskOrder {
    const [key, id] = [this.#number(), this.#number()];
    const context = this.#contexts.get(id);
    if (context === undefined) throw new ProtocolError(`there is no context ${id}`);
    const [cwd, log, errorLog, input] = [this.#field(), this.#field(), this.#field(), this.#field()];
    const [limitMs, graceMs] = [this.#number(), this.#number()];
    const env = [...this.#list(), ...context.env];
    const file = this.#field();
    const args = this.#list();
    return {
      ...{ key, log, errorLog, input, limitMs, graceMs, env, file, args },
      cwd: cwd.length === 0 ? context.cwd : cwd,
      logs: context.logs,
    };
  }

  #field(): Buffer {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw INCOMPLETE as unknown as Error;
    // A copy: what the field came in is far larger.
    const field = Buffer.from(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return field;
  }

  #number(): number {
    const text = this.#field().toString("latin1");
    if (!/^\d{1,15}$/.test(text)) throw new ProtocolError(`expected a number, got ${JSON.stringify(text.slice(0, 40))}`);
    return Number(text);
  }

  #list(): Buffer[] {
    const count = this.#number();
    return Array.from({ length: count }, () => this.#field());
  }
}
