/** Words of commands that the user is shown and may paste into a shell. */

import { printableLine } from "./render/printable.js";
import type { Settings } from "./settings.js";

/** The option that a shown command needs to work on the same directory; empty if it needs none. */
export function placeOption(settings: Settings): string {
  return settings.text("dir") === null ? "" : ` --dir ${quoteForShell(settings.dir())}`;
}

/** As it is if no shell would read it otherwise, else in single quotes. */
export function quoteForShell(word: string): string {
  const safe = printableLine(word);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
