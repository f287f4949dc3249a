/** Prints the commands of a batch, each as a line that a shell runs as it would be run, and runs nothing. */

import { bytesOf } from "../../internal.js";
import { exitCode } from "../exit-codes.js";
import { printableLine } from "../render/printable.js";
import type { Sink } from "../terminal/terminal.js";
import type { Prepared } from "./prepare.js";
import { commandLine } from "./shell-quote.js";
import type { Wish } from "./wish.js";

export async function printCommands(tasks: AsyncIterable<Prepared>, { before, after }: Wish, out: Sink): Promise<number> {
  const print = async (words: readonly string[]): Promise<void> => {
    const text = commandLine(words);
    await out.send(bytesOf(`${out.isTerminal ? printableLine(text) : text}\n`));
  };
  if (before !== null) await print(["sh", "-c", before]);
  for await (const { command, args } of tasks) await print([command, ...args]);
  if (after !== null) await print(["sh", "-c", after]);
  return exitCode.completed;
}
