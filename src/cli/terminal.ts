/**
 * The two streams that the CLI writes to. Data goes to `out`, progress and messages to `err`; nothing else in the project writes to
 * either. Knows whether a stream is a terminal, how wide it is, and whether it may have colours.
 */

import { isatty } from "node:tty";
import { exitCode } from "./exit-codes.js";
import { colorStyle, plainStyle, type Style } from "./render/style.js";

type OutputStream = NodeJS.WriteStream & { readonly fd: 1 | 2 };

export interface Sink {
  readonly stream: OutputStream;
  readonly isTerminal: boolean;
  readonly style: Style;
  /** Width in characters, as it is now. */
  columns(): number;
  write(text: string): void;
  /** Writes data, and resolves when there is room for more: a slow reader is waited for. What nobody can read any more is dropped. */
  send(data: string | Uint8Array): Promise<void>;
}

export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
}

export interface ColorChoice {
  readonly isColorOff: boolean;
  readonly env: NodeJS.ProcessEnv;
}

export function openTerminal(choice: ColorChoice): Terminal {
  return { out: makeSink(process.stdout, choice), err: makeSink(process.stderr, choice) };
}

/**
 * What can't be shown ends no job. A reader that went away (`| head`, a terminal that was closed) is no error: there is nobody left to
 * write to. Data that could not be written, on a full disk, is one. Called once.
 */
export function surviveWriteErrors(): void {
  process.stdout.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "EIO") return onReaderGone();
    process.stderr.write(`air-executor: the output could not be written (${error.message})\n`);
    process.once("exit", () => (process.exitCode = exitCode.environment));
  });
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

let onReaderGone = (): void => process.exit();

/** For a verb that has something to bring to an end when nobody reads its output any more. Others just end. */
export function whenReaderGoes(act: () => void): void {
  onReaderGone = act;
}

function makeSink(stream: OutputStream, choice: ColorChoice): Sink {
  const isTerminal = isatty(stream.fd);
  return {
    stream,
    isTerminal,
    style: mayHaveColor(isTerminal, choice) ? colorStyle : plainStyle,
    columns: () => (isTerminal ? stream.columns || 80 : 80),
    write: (text) => {
      stream.write(text);
    },
    send: (data) =>
      new Promise((resolve) => {
        if (data.length === 0 || stream.write(data, () => resolve())) resolve();
      }),
  };
}

/** `--no-color` and NO_COLOR forbid it, FORCE_COLOR asks for it, else a terminal that can. */
export function mayHaveColor(isTerminal: boolean, { isColorOff, env }: ColorChoice): boolean {
  const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== "";
  if (isColorOff || isSet("NO_COLOR")) return false;
  if (isSet("FORCE_COLOR")) return env["FORCE_COLOR"] !== "0";
  return isTerminal && env["TERM"] !== "dumb";
}
