/** "Did you mean …?" for verbs, options and names. */

import { createRequire } from "node:module";

import type * as Leven from "leven";

/** ` Did you mean X?`, or nothing if no candidate is near. */
export function suggestion(word: string, candidates: readonly string[], prefix = "", suffix = ""): string {
  // Only now: it would take a run of one short task a twentieth longer.
  const { closestMatch } = createRequire(import.meta.url)("leven") as typeof Leven;
  const maxDistance = Math.min(word.length - 1, Math.max(2, Math.floor(word.length / 3)));
  const closest =
    closestMatch(word, [...candidates], { maxDistance }) ?? candidates.find((candidate) => candidate.startsWith(word));
  return closest === undefined ? "" : `; did you mean ${prefix}${closest}${suffix}?`;
}
