/**
 * The two streams that the CLI writes to. Data goes to `out`, progress and messages to `err`; nothing else in the project writes to
 * either. Knows whether a stream is a terminal, how wide it is, and whether it may have colours.
 */

import { fstatSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";
import { codeOf, systemWords } from "../../system/look/error-code.js";
import { exitCode } from "../exit-codes.js";
import { TerminalWriter } from "./terminal-writer.js";
import { colorStyle, plainStyle, type Style } from "../render/style.js";

type OutputStream = NodeJS.WriteStream & { readonly fd: 1 | 2 };

export interface Sink {
  readonly stream: OutputStream;
  readonly isTerminal: boolean;
  /** True if lines can be drawn at the bottom and drawn over: a terminal that knows how, with somebody in front of it. */
  readonly isLive: boolean;
  readonly style: Style;
  /** Width in characters, as it is now. */
  columns(): number;
  write(text: string): void;
  /** Writes data, and resolves when there is room for more: a slow reader is waited for. What nobody can read any more is dropped. */
  send(data: string | Uint8Array): Promise<void>;
  /** The same, and resolves only when the data was taken, so that its bytes may be others then. */
  deliver(data: string | Uint8Array): Promise<void>;
  /** True if all that was written was taken by whoever reads. */
  readonly isFlushed: boolean;
  /** Resolves when all that was written was taken by whoever reads; false if nobody does any more. */
  flushed(): Promise<boolean>;
  /** Draws lines at the bottom in place of those before; none takes them away. Nothing happens where that can't be. */
  draw(lines: readonly string[]): void;
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
  // Both may be one terminal: then one writer keeps their order, and what is drawn at the bottom out of the way.
  const writer = isatty(2) ? writerFor(2) : null;
  const outWriter = isatty(1) ? (writer !== null && isSameTerminal() ? writer : writerFor(1)) : null;
  return { out: makeSink(process.stdout, outWriter, choice), err: makeSink(process.stderr, writer, choice) };
}

const writers = new Map<1 | 2, TerminalWriter | null>();

/** One a terminal, however often it is asked for. */
function writerFor(descriptor: 1 | 2): TerminalWriter | null {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  if (!writers.has(descriptor))
    writers.set(
      descriptor,
      TerminalWriter.open(descriptor, () => stream.columns || 80),
    );
  return writers.get(descriptor) ?? null;
}

function isSameTerminal(): boolean {
  return fstatSync(1).rdev === fstatSync(2).rdev;
}

/**
 * What can't be shown ends no job. A reader that went away (`| head`, a terminal that was closed) is no error: there is nobody left to
 * write to. Data that could not be written, on a full disk, is one. Called once.
 */
export function surviveWriteErrors(): void {
  // A terminal that has gone is none any more. Of a file the same code says that its disk fails.
  const gone = isatty(1) ? ["EPIPE", "EIO"] : ["EPIPE"];
  process.stdout.once("error", (error) => {
    if (gone.includes(codeOf(error))) return onReaderGone();
    process.stderr.write(`air-executor: the output could not be written (${systemWords(error)})\n`);
    process.once("exit", () => (process.exitCode = exitCode.environment));
  });
  for (const stream of [process.stdout, process.stderr]) {
    writeWholly(stream);
    stream.on("error", () => {});
  }
}

/** To a file Node writes once: of what a disk that fills takes only a part of the rest would be lost, and nobody told. */
function writeWholly(stream: OutputStream): void {
  // Terminals are sockets there, too.
  if (stream instanceof Socket) return;
  const { fd } = stream as OutputStream;
  const write = (bytes: Buffer, _encoding: string, done: (error?: Error) => void): void => {
    try {
      writeFileSync(fd, bytes);
    } catch (error) {
      return done(error as Error);
    }
    done();
  };
  Object.assign(stream, { _write: write });
}

let onReaderGone = (): void => {};

/** For a verb that goes on with its output, or has something to bring to an end when nobody reads it. Others do what they were told to. */
export function whenReaderGoes(act: () => void): void {
  onReaderGone = act;
}

function makeSink(stream: OutputStream, writer: TerminalWriter | null, choice: ColorChoice): Sink {
  const isTerminal = isatty(stream.fd);
  return {
    stream,
    isTerminal,
    isLive: writer !== null && isLively(choice.env),
    style: mayHaveColor(isTerminal, choice) ? colorStyle : plainStyle,
    columns: () => (isTerminal ? stream.columns || 80 : 80),
    write: (text) => void (writer === null ? stream.write(text) : writer.write(text)),
    send: (data) => (writer === null ? sendTo(stream, data) : writer.send(data)),
    deliver: (data) => (writer === null ? deliverTo(stream, data) : writer.send(data)),
    get isFlushed() {
      return writer === null ? stream.writableLength === 0 && stream.errored === null : writer.isFlushed;
    },
    flushed: () => (writer === null ? flushedOf(stream) : writer.send("").then(() => true)),
    draw: (lines) => writer?.draw(lines),
  };
}

async function sendTo(stream: OutputStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (data.length === 0 || stream.write(data, () => resolve())) resolve();
  });
}

/** What nobody can read any more is dropped. */
function deliverTo(stream: OutputStream, data: string | Uint8Array): Promise<void> {
  return data.length === 0 ? Promise.resolve() : new Promise((resolve) => void stream.write(data, () => resolve()));
}

function flushedOf(stream: OutputStream): Promise<boolean> {
  return new Promise((resolve) => void stream.write("", (error) => resolve(error === null || error === undefined)));
}

/** A terminal that can't move its cursor, and one that only a build server reads, get plain lines. */
function isLively({ TERM: kind = "", CI: server = "" }: NodeJS.ProcessEnv): boolean {
  return kind !== "" && kind !== "dumb" && (server === "" || server === "false" || server === "0");
}

/** `--no-color` and NO_COLOR forbid it, FORCE_COLOR asks for it, else a terminal that can. */
export function mayHaveColor(isTerminal: boolean, { isColorOff, env }: ColorChoice): boolean {
  const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== "";
  if (isColorOff || isSet("NO_COLOR")) return false;
  if (isSet("FORCE_COLOR")) return env["FORCE_COLOR"] !== "0";
  return isTerminal && env["TERM"] !== "dumb";
}
