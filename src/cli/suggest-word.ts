/** "Did you mean …?" for verbs and options. Only loaded when something was mistyped. */

import { closestMatch } from "leven";

/** ` Did you mean X?`, or nothing if no candidate is near. */
export function suggestion(word: string, candidates: readonly string[], prefix = ""): string {
  const maxDistance = Math.min(word.length - 1, Math.max(2, Math.floor(word.length / 3)));
  const closest =
    closestMatch(word, [...candidates], { maxDistance }) ?? candidates.find((candidate) => candidate.startsWith(word));
  return closest === undefined ? "" : `; did you mean ${prefix}${closest}?`;
}
