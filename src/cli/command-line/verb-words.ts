/** What is known of a verb without loading it: all that the help, the parser and a completion need. */

import type { OptionName, OptionSpec } from "./options.js";

export interface VerbWords {
  readonly name: string;
  /** As in the help; arguments in brackets may be left out. */
  readonly usage: string;
  readonly describe: string;
  /** What each argument is, in the order of the usage. */
  readonly args: Readonly<Record<string, string>>;
  /**
   * `argument`: the last argument may be given again and again; `command`: a command may follow behind `--`; `line`: the first word that is
   * no option begins a command, and all behind it is that command's. Default: none of them.
   */
  readonly rest?: "argument" | "command" | "line";
  readonly options: readonly OptionName[];
  /** What an option means here, where that is not what it means elsewhere. */
  readonly wording?: Partial<Readonly<Record<OptionName, Pick<OptionSpec, "value" | "describe">>>>;
  /** Short forms that only this verb has. */
  readonly letters?: Readonly<Record<string, OptionName>>;
  /** What else one has to know, under titles of its own. */
  readonly more?: readonly (readonly [title: string, rows: readonly (readonly [term: string, text: string])[]])[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}
