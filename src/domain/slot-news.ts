/** How it stands with slots that somebody else has to give: what a runner says of itself while it lasts. */

export interface SlotNews {
  /** Those that run, that come up just now, and that wait in somebody's queue. */
  readonly running: number;
  readonly starting: number;
  readonly queued: number;
  /** Why they wait, in words; empty if that is not known. */
  readonly why: string;
}

/** `slots: 12 run, 3 start, 49 queued: all nodes are taken`; empty where all that were asked for run, undefined where there is no news. */
export function slotText(news: SlotNews | undefined): string | undefined {
  if (news === undefined) return undefined;
  const { running, starting, queued, why } = news;
  const waiting = [starting === 0 ? "" : `${starting} start`, queued === 0 ? "" : `${queued} queued`].filter(
    (words) => words !== "",
  );
  if (waiting.length === 0) return running === 0 && why !== "" ? `slots: none; ${why}` : "";
  return `slots: ${running} run, ${waiting.join(", ")}${why === "" ? "" : `: ${why}`}`;
}
