/**
 * `map [options] COMMAND {} ::: INPUT…`: runs a command for each input, as xargs and GNU parallel do, with a record of every task. Reads the
 * options, feeds the library's map, and shows what comes of it.
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { viewJob, viewPaths } from "../../index.js";
import type { Call } from "../command.js";
import { exitCode } from "../exit-codes.js";
import { readsStdin } from "../map/lists.js";
import { prepare } from "../map/prepare.js";
import { printCommands } from "../map/dry-run.js";
import { runBatch } from "../map/run-batch.js";
import { readWish, type Wish } from "../map/wish.js";
import { quoteForShell } from "../shell-word.js";
import { UsageError } from "../command-line/usage-error.js";
import type { Settings } from "../command-line/settings.js";
import { isatty } from "node:tty";

export async function execute(call: Call): Promise<number> {
  const { rest, settings, terminal } = call;
  const wish = readWish(rest, settings);
  const isQuiet = settings.isOn("quiet");
  if (wish.lists.some(readsStdin) && isatty(0) && !isQuiet) {
    terminal.err.write(
      "air-executor: inputs are read from this terminal, one a line, to Ctrl-D (others: ::: a b c, :::: FILE, or a pipe)\n",
    );
  }
  checkProgram(wish);
  const tasks = prepare(wish);
  if (wish.isDryRun) return printCommands(tasks, wish, terminal.out);
  // A task before all others may make what the inputs are read from. Else they are looked at before anything is made.
  const first = wish.before === null ? await tasks.next() : null;
  if (first?.done === true && !isUnfinished(settings)) {
    if (!isQuiet) terminal.err.write("air-executor: there is nothing to do: the input is empty\n");
    return exitCode.completed;
  }
  return runBatch(call, wish, first === null || first.done === true ? tasks : resumed(first.value, tasks));
}

/** What is one word with blanks was meant for a shell, unless a program is called so. @throws UsageError */
function checkProgram({ command, cwd, env }: Wish): void {
  const [word = "", ...more] = "words" in command ? command.words : [];
  if (more.length > 0 || !/\S\s+\S/.test(word)) return;
  const places = ["", ...(env["PATH"] ?? process.env["PATH"] ?? "").split(":")];
  if (places.some((place) => existsSync(resolve(cwd ?? "", place, word)))) return;
  const shown = quoteForShell(word);
  throw new UsageError(`no program is called ${shown}: leave out the quotes, or, for a shell to read it, write --shell ${shown}`);
}

/** True if there is a batch to go on with: that its input is empty now is no way to complete it. */
function isUnfinished(settings: Settings): boolean {
  const name = settings.text("name");
  if (name === null || settings.isOn("fresh")) return false;
  const paths = viewPaths(settings.dir(), name);
  return existsSync(paths.journal) && !viewJob(paths, name, { withTasks: false }).isOver;
}

/** All items again, of which the first was taken already. No generator: each costs every item a promise or two. */
function resumed<Item>(first: Item, others: AsyncGenerator<Item>): AsyncIterable<Item> {
  let isTaken = false;
  const next = (): Promise<IteratorResult<Item>> => {
    if (isTaken) return others.next();
    isTaken = true;
    return Promise.resolve({ done: false, value: first });
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: () => others.return(undefined) }) };
}
