/** `completion SHELL`: prints what a shell loads to complete our commands. That asks again with the words behind `--`, for each Tab. */

import type { Call } from "../command.js";
import { complete } from "../completion/complete.js";
import { scripts, shells, type Shell } from "../completion/scripts.js";
import { exitCode } from "../exit-codes.js";
import { printableLine } from "../render/printable.js";
import { UsageError } from "../command-line/usage-error.js";

export async function execute({ args, rest, verbs, terminal: { out } }: Call): Promise<number> {
  const { SHELL: shell = "" } = args;
  if (!shells.some((each) => each === shell))
    throw new UsageError(`there is no completion for "${shell}": expected ${shells.join(", ")}`);
  if (rest.length === 0) out.write(scripts[shell as Shell]);
  for (const found of rest.length === 0 ? [] : complete(rest, verbs, process.env)) {
    // A line is a candidate: what would break it can't be one.
    if (typeof found === "string") out.write(`${found}\n`);
    else if (printableLine(found.word) === found.word && !found.word.includes("\t"))
      out.write(`${found.word}\t${found.describe}\n`);
  }
  return exitCode.completed;
}
