/**
 * A program of which Node can't hold all: arguments, variables and paths that are no UTF-8, a name of a variable that is none, signals that
 * it is to ignore. For such a program a small script says it to a shell, which then becomes the program. Pure.
 */

const QUOTE = 0x27;
const EQUALS = 0x3d;
const QUOTED_QUOTE = Buffer.from("'\\''");
/** What a shell can set; others go through the program env. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*=/;

/** True if it is what a string of Node's gives back. */
export function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8"), "utf8").equals(bytes);
}

export interface ScriptedProgram {
  /** Null: where the shell is. */
  readonly cwd: Buffer | null;
  /** `NAME=VALUE`. */
  readonly env: readonly Buffer[];
  readonly file: Buffer;
  /** Without the name in front. */
  readonly args: readonly Buffer[];
  /** By number. */
  readonly ignoredSignals: readonly number[];
}

/** What `sh` is to read. The directory and the program must be there: what a shell says of them would stand in the task's log. */
export function scriptOf({ cwd, env, file, args, ignoredSignals }: ScriptedProgram): Buffer {
  const parts: Buffer[] = [];
  const add = (text: string, ...words: readonly Buffer[]): void => {
    parts.push(Buffer.from(text), ...words.flatMap((word) => [Buffer.from(" "), quoted(word)]), Buffer.from("\n"));
  };
  if (ignoredSignals.length > 0) add(`trap '' ${ignoredSignals.join(" ")}`);
  if (cwd !== null) add("cd", cwd);
  const isPlain = (variable: Buffer): boolean => IDENTIFIER.test(variable.toString("latin1"));
  const plain = env.filter(isPlain);
  // A name that is empty nobody can pass on.
  const odd = env.filter((variable) => !isPlain(variable) && variable.indexOf(EQUALS) > 0);
  for (const variable of plain) add("export", variable);
  if (odd.length > 0) add("exec env", ...odd, file, ...args);
  else add("exec", file, ...args);
  return Buffer.concat(parts);
}

/** Of a variable. */
export function nameOf(variable: Buffer): Buffer {
  const end = variable.indexOf(EQUALS);
  return end < 0 ? variable : variable.subarray(0, end);
}

function quoted(word: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from("'")];
  let from = 0;
  for (let at = word.indexOf(QUOTE); at >= 0; at = word.indexOf(QUOTE, from)) {
    parts.push(word.subarray(from, at), QUOTED_QUOTE);
    from = at + 1;
  }
  parts.push(word.subarray(from), Buffer.from("'"));
  return Buffer.concat(parts);
}
