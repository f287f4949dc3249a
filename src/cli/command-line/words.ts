/** What a command line consists of, before anybody asks whether it makes sense. */

export interface Words {
  /** The verb and its arguments, as typed. */
  readonly words: readonly string[];
  /** By name, also those that nobody knows: booleans and strings. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Options that need no verb, and their short forms. */
export const generalOptions = { help: "h", version: "V" } as const;
