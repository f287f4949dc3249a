/** A command as text that a shell reads as just that command, whatever is in it: for `--dry-run` and the log of jobs. Pure. */

import { SLOT_MARK } from "../../index.js";

/** Words that a shell takes for its own where a command begins. */
const RESERVED =
  /^(?:if|then|elif|else|fi|for|select|case|esac|while|until|do|done|in|function|time|coproc|repeat|foreach|end|nocorrect|noglob)$/;

/** A command to be run. The slot, which nobody knows here, is the first, as where commands run one by one. */
export function commandLine(words: readonly string[]): string {
  const [command = "", ...args] = words.map((word) => word.replaceAll(SLOT_MARK, "1"));
  // `a=b/c` would set a variable.
  const isMisread = command.includes("=") || RESERVED.test(command);
  return [isMisread ? quoted(command) : shellText([command]), ...(args.length > 0 ? [shellText(args)] : [])].join(" ");
}

/** Plain words stand as they are. */
export function shellText(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+:,./=-]+$/.test(word) ? word : quoted(word))).join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
