/** Why one task is in the state that it is in, in sentences. */

import type { ExplainedAttempt, TaskExplanation } from "../../analysis/why-task.js";
import { taskCommand } from "../task-command.js";
import { formatCount, formatDuration } from "./figures.js";
import { printableLine } from "./printable.js";
import { styleOf, type Style } from "./style.js";
import { attemptText, holdersText, limitText, listText, momentText, nameText, statusText, takenText } from "./why-words.js";

/** What the files of a task don't say, but its job and its engine do. */
export interface Circumstances {
  readonly job: string;
  readonly nowMs: number;
  /** True if an engine runs the job, and answers. */
  readonly isHeld: boolean;
  /** Why nothing goes on if nobody does, or what hinders its engine; empty otherwise. */
  readonly standstill: string;
}

const MOST_NAMED = 5;

export function whyTaskText(why: TaskExplanation, around: Circumstances, style: Style): string {
  const { task, status, endedAt } = why;
  const { job, nowMs } = around;
  const when = endedAt === null ? "" : ` at ${momentText(endedAt, nowMs)}`;
  const head = `${style.strong(printableLine(task))} of job ${printableLine(job)}: ${styleOf(status, style)(status)}${when}`;
  const attempts = why.attempts.map((attempt, index) => {
    const isLast = index === why.attempts.length - 1;
    const delay = delayText(attempt, why.attempts[index + 1], why.pendingSince);
    return `  ${style.faint(`attempt ${attempt.attempt}`.padEnd(11))} ${attemptText(attempt, isLast, nowMs)}${delay}`;
  });
  const command = `  ${style.faint("$")} ${taskCommand(why)}`;
  return `${[head, command, ...sentences(why, around).map((text) => `  ${text}`), ...attempts].join("\n")}\n`;
}

/** Between the end of an attempt and the moment from which the next one could start, unless that waited for the user to tell it. */
function delayText({ endedAt }: ExplainedAttempt, next: ExplainedAttempt | undefined, toldAt: number): string {
  const ms = endedAt === null || next === undefined ? 0 : next.readyAt - endedAt;
  const wasTold = endedAt !== null && endedAt <= toldAt && toldAt <= (next?.readyAt ?? 0);
  return ms < 1 || wasTold ? "" : ` after a delay of ${formatDuration(ms)}`;
}

function sentences(why: TaskExplanation, around: Circumstances): string[] {
  const { status, error, attempts } = why;
  const { nowMs, standstill, isHeld } = around;
  const said: string[] = [];
  if (why.hasEarlier)
    said.push(`It was told to run again at ${momentText(why.pendingSince, nowMs)}; its earlier attempts are shown, too.`);
  if (status === "skipped" || status === "cancelled") {
    said.push(`It was ${status}: ${printableLine(error ?? "nobody knows why")}.`);
    if (why.culprit !== null) said.push(`That began with ${statusText(why.culprit, nowMs)}.`);
  }
  if (status === "pending") said.push(...pendingSentences(why, around));
  if (status === "running" && standstill !== "" && !isHeld) {
    said.push(`Nobody watches it: ${standstill}. Whoever goes on with the job takes up what became of it.`);
  }
  if (status !== "pending" && attempts.length > 0) said.push(...waitSentences(why, around));
  if (why.left !== null) said.push(leftText(why.left));
  if (attempts.length === 0 && (status === "completed" || status === "failed")) {
    said.push("No attempt of it is on record: another program ran it.");
  }
  return said;
}

function leftText({ attempt, processes, isStuck }: NonNullable<TaskExplanation["left"]>): string {
  const [what, are, they] = processes === 1 ? ["A process", "is", "it"] : [`${formatCount(processes)} processes`, "are", "they"];
  if (isStuck)
    return `${what} of attempt ${attempt} can't be ended: of another user, or stuck in the system; that is waited for.`;
  return `${what} of attempt ${attempt} ran on when it had ended, and ${are} left alone: ${they} may write to its log.`;
}

function pendingSentences(why: TaskExplanation, around: Circumstances): string[] {
  const { waitsFor, hangsOn, readyAt, attempts } = why;
  const { nowMs, standstill } = around;
  const said: string[] = [];
  if (waitsFor.length > 0) {
    const names = waitsFor.slice(0, MOST_NAMED).map(({ task, status }) => `${nameText(task)} (${status})`);
    const more = waitsFor.length > MOST_NAMED ? `, and ${formatCount(waitsFor.length - MOST_NAMED)} more` : "";
    said.push(`It waits for ${listText(names)}${more}.`);
    if (hangsOn !== null && hangsOn.task !== waitsFor[0]?.task) {
      said.push(`That hangs in the end on ${statusText(hangsOn, nowMs)}; ask why of that one.`);
    }
  } else if (readyAt !== null && readyAt > nowMs) {
    const last = attempts.at(-1)?.error ?? null;
    const cause = last === null ? "" : `, since its last attempt failed (${printableLine(last)}) and \`retry_delay\` asks for it`;
    said.push(`It waits until ${momentText(readyAt, nowMs)} (${formatDuration(readyAt - nowMs)}) for its next attempt${cause}.`);
  } else if (readyAt !== null) {
    said.push(`It has been ready to start since ${momentText(readyAt, nowMs)} (${formatDuration(nowMs - readyAt)}).`);
    said.push(...holdSentences(why, around));
    if (standstill === "" && why.holds.every(({ until }) => until !== null))
      said.push("Nothing hinders it: it is about to start.");
  }
  if (standstill !== "") said.push(standstillText(around));
  return said;
}

function waitSentences(why: TaskExplanation, around: Circumstances): string[] {
  const { waitedFor, attempts, pendingSince } = why;
  const { nowMs } = around;
  const first = attempts.find(({ readyAt }) => readyAt >= pendingSince) ?? attempts[0]!;
  const said: string[] = [];
  if (waitedFor !== null) {
    const ms = (waitedFor.until ?? first.readyAt) - pendingSince;
    said.push(`It waited ${formatDuration(ms)} for what it depends on, longest for ${statusText(waitedFor, nowMs)}.`);
  }
  const waited = formatDuration(first.waitMs);
  if (waitedFor === null)
    said.push(
      `It had to wait for no other task, and started ${waited} after it ${why.hasEarlier ? "was told to" : "came to the job"}.`,
    );
  else said.push(`Then it was ready, and started ${waited} later.`);
  return [...said, ...holdSentences(why, around)];
}

function holdSentences({ holds }: TaskExplanation, { job, nowMs }: Circumstances): string[] {
  return holds.map((hold) => {
    const { since, until, holders } = hold;
    const how = until === null ? "What holds it back now" : `For ${formatDuration(until - since)} it was held back by`;
    const time = until === null ? ` (for ${formatDuration(nowMs - since)})` : "";
    return `${how}${until === null ? " is" : ""} ${limitText(hold)}${hold.now === null ? holdersText(holders, job) : takenText(hold.now, job)}${time}.`;
  });
}

/** What runs goes on where an engine is only hindered. */
export function standstillText({ standstill, isHeld }: Circumstances): string {
  return `${isHeld ? "Nothing new is started" : "Nothing goes on"}: ${standstill}.`;
}
