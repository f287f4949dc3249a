/** Words of commands that the user is shown and may paste into a shell. */

import { printableLine } from "./render/printable.js";
import type { Settings } from "./settings.js";

/** The option that a shown command needs to work on the same directory; empty if it needs none. */
export function placeOption(settings: Settings): string {
  return settings.text("dir") === null ? "" : ` --dir ${quoteForShell(settings.dir())}`;
}

/** A command of ours to be shown. Behind `--` nothing is taken for an option. */
export function commandText(verb: string, words: readonly string[], options: string): string {
  const isOdd = words.some((word) => /^-./.test(word));
  const texts = words.map(quoteForShell).join(" ");
  return `air-executor ${verb}${isOdd ? `${options} -- ${texts}` : ` ${texts}${options}`}`;
}

/** As it is if no shell would read it otherwise, else in single quotes. */
export function quoteForShell(word: string): string {
  const safe = printableLine(word);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
