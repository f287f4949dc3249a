/** What the entry hands to a verb's command, and what it expects of it. */

import type { Settings } from "./command-line/settings.js";
import type { Terminal } from "./terminal/terminal.js";
import type { VerbWords } from "./command-line/verb-words.js";

export interface Call {
  /** Positional arguments by name, as typed. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** What was typed behind the arguments that have names: more of the last one, or the command behind `--`. */
  readonly rest: readonly string[];
  /** All verbs there are. */
  readonly verbs: readonly VerbWords[];
  readonly settings: Settings;
  readonly terminal: Terminal;
}

export interface Command {
  /** Resolves with the exit code. Throws what the user must be told. */
  execute(call: Call): Promise<number>;
}
