/** A command as text that a shell reads as just that command, whatever is in it: for `--dry-run` and the log of jobs. Pure. */

/** Plain words stand as they are. */
export function shellText(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
