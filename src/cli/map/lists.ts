/** Takes the words of a batch apart: the command, and the lists of inputs behind it (`:::` and its kin). Pure. */

import { UsageError } from "../command-line/usage-error.js";
import { STDIN } from "./input/open-bytes.js";

export interface List {
  /** Values that stand on the command line, or a file of them. */
  readonly source: { readonly values: readonly string[] } | { readonly path: string };
  /** True if it goes row by row with the list before it. */
  readonly isLinked: boolean;
}

export interface Apart {
  readonly command: readonly string[];
  readonly lists: readonly List[];
}

const MARKS: Readonly<Record<string, { readonly isFiles: boolean; readonly isLinked: boolean }>> = {
  ":::": { isFiles: false, isLinked: false },
  ":::+": { isFiles: false, isLinked: true },
  "::::": { isFiles: true, isLinked: false },
  "::::+": { isFiles: true, isLinked: true },
};

/**
 * @param files of `--arg-file`, which come first. Without any list there is one: standard input.
 * @throws UsageError for a mark with nothing behind it, and for two lists of standard input.
 */
export function takeLists(words: readonly string[], files: readonly string[]): Apart {
  const marks = words.flatMap((word, place) => (Object.hasOwn(MARKS, word) ? [place] : []));
  const lists: List[] = files.map((path) => ({ source: { path }, isLinked: false }));
  for (const [index, place] of marks.entries()) {
    const mark = words[place]!;
    const { isFiles, isLinked } = MARKS[mark]!;
    const values = words.slice(place + 1, marks[index + 1] ?? words.length);
    if (values.length === 0) {
      const remedy = isFiles
        ? "name a file of inputs, or - for standard input"
        : "write the inputs there; a list that may be empty goes to standard input";
      throw new UsageError(`nothing stands behind "${mark}": ${remedy}`);
    }
    if (isLinked && lists.length === 0) throw new UsageError(`${mark} pairs its list with the one before it, but there is none`);
    if (isFiles) lists.push(...values.map((path) => ({ source: { path }, isLinked })));
    else lists.push({ source: { values }, isLinked });
  }
  if (lists.length === 0) lists.push({ source: { path: STDIN }, isLinked: false });
  if (lists.filter(readsStdin).length > 1) throw new UsageError("standard input can be one list of inputs only");
  return { command: words.slice(0, marks[0] ?? words.length), lists };
}

export function readsStdin({ source }: List): boolean {
  return "path" in source && source.path === STDIN;
}
