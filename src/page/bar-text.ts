/** What there is to say of an attempt: for the hint beside the pointer and the line below the charts. */

import { element, nameText } from "./element.js";
import type { Bar, RunModel } from "./run-model.js";
import { duration, memory } from "../analysis/figure-text.js";

/** Below this nobody waited, in milliseconds. */
const NO_WAIT = 0.05;

export function barText(model: RunModel, bar: Bar): (Node | string)[] {
  const { cpu, memory: peaks } = model.data.attempts;
  const outcome = model.outcome(bar);
  const number = model.bars.filter(({ task }) => task === bar.task).indexOf(bar) + 1;
  const parts = [
    ` ${bar.isOpen ? "has run for" : "took"} ${duration(bar.to - bar.from)}, from ${duration(bar.from)} on`,
    ...(number > 1 || model.lastBar.get(bar.task) !== bar ? [`attempt ${number}`] : []),
    ...(outcome === "completed" || outcome === "running" ? [] : [outcome]),
    ...(cpu[bar.attempt]! >= 0 ? [`${duration(cpu[bar.attempt]!)} of CPU`] : []),
    ...(peaks[bar.attempt]! > 0 ? [`${memory(peaks[bar.attempt]!)} of memory`] : []),
  ];
  const sentences = [`${parts.join(", ")}.`, ...(model.onPath.has(bar.task) ? [" On the critical path."] : [])];
  return [element("b", {}, nameText(model.name(bar.task))), ...sentences, ...waitSentence(model, bar)];
}

function waitSentence(model: RunModel, bar: Bar): (Node | string)[] {
  const { after, wait, full } = model.waitText(bar);
  const behind = after < 0 ? [] : [" It came after ", nameText(model.name(after)), "."];
  if (wait < NO_WAIT) return behind;
  const reason = full >= wait - NO_WAIT ? " for a slot" : full > NO_WAIT ? `, ${duration(full)} of it for a slot` : "";
  return [...behind, ` Ready, it waited ${duration(wait)}${reason}.`];
}
