/** Words of commands that the user is shown and may paste into a shell. */

import { printableLine } from "./render/printable.js";

/** As it is if no shell would read it otherwise, else in single quotes. */
export function quoteForShell(word: string): string {
  const safe = printableLine(word);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
