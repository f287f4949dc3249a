/** What holds a job back just now, a line each: trouble, and limits of which there is something to say. Pure. */

import type { Hold, LiveState } from "../../index.js";
import { formatDuration } from "./figures.js";
import { printableLine } from "./printable.js";
import { amountText, nameText, takenText } from "./why-words.js";

/** What lasts less is over before it is read. */
const WORTH_A_LINE_MS = 1000;

export function heldBackLines({ holds, trouble, slots = "" }: LiveState, job: string, nowMs: number): string[] {
  const told = holds.filter((hold) => nowMs - hold.since >= WORTH_A_LINE_MS && isNews(hold));
  const lines = told.map((hold) => {
    const time = formatDuration(nowMs - hold.since);
    return `held back for ${time}: ${poolText(hold)}${takenText(hold, job)}; next is ${nameText(hold.task)}`;
  });
  const before = [trouble === null ? "" : `held back: ${trouble}`, slots].filter((text) => text !== "");
  return [...before.map(printableLine), ...lines];
}

/** In a few words: a line of a terminal is short. */
function poolText({ pool, isOwn, size }: Hold): string {
  return pool === "cpu" && !isOwn ? `the ${size} at once` : `${printableLine(pool)} (${amountText(pool, size)} in all)`;
}

/** That all slots are taken by tasks of the job itself is how it should be. */
function isNews({ pool, isOwn, free, holders }: Hold): boolean {
  const isSlots = pool === "concurrency" || (pool === "cpu" && !isOwn);
  return !isSlots || free > 0 || holders.length > 0;
}
