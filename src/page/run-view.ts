/** The page of a run, from top to bottom. */

import { element, nameText, type Child } from "./element.js";
import type { RunData } from "./data.js";
import { graphView } from "./graph-view.js";
import { RunCharts } from "./run-charts.js";
import { RunModel } from "./run-model.js";
import { failureView, pathTable, slotShares, slowestTable, waitsTable } from "./run-tables.js";
import { visible } from "./visible.js";
import { count, duration, memory } from "../analysis/figure-text.js";

export function runView(data: RunData): Node[] {
  const model = new RunModel(data);
  const charts = new RunCharts(model);
  const choose = (task: number): void => charts.chooseTask(task);
  const graph = graphView(data, (group) => charts.want(group === null ? null : tasksOf(data, group)));
  const waits = waitsTable(model, choose);
  return [
    header(data),
    facts(model),
    ...(data.failures.length === 0
      ? []
      : [
          section(
            data.failures.length === 1 && data.moreFailures === 0
              ? "What failed"
              : `What failed: ${count(data.failures.length + data.moreFailures)}`,
            data.moreFailures === 0 ? null : `The first ${data.failures.length} of them, with the ends of their logs.`,
            ...data.failures.map((failure) => failureView(model, failure, choose)),
          ),
        ]),
    section(
      "Where the time of the slots went",
      `${data.slots} ${data.slots === 1 ? "slot" : "slots"} for ${duration(data.end)}; what was not work was lost to one of these.`,
      slotShares(data),
    ),
    section(
      "Tasks over time",
      "Each row is a slot. The underlined tasks are the critical path: had one of them been faster, so had the job.",
      charts.root,
    ),
    ...(graph === null
      ? []
      : [
          section(
            "What depends on what",
            "Tasks whose ids differ by numbers alone are one group. A click makes them stand out above.",
            graph,
          ),
        ]),
    ...(data.path.length === 0 ? [] : [section("Critical path", pathWords(data), pathTable(model, choose))]),
    element(
      "div",
      { class: "columns" },
      ...(model.bars.length === 0 ? [] : [section("Slowest", null, slowestTable(model, choose))]),
      ...(waits === null ? [] : [section("Waited longest", null, waits)]),
    ),
  ];
}

function header({ name, id, state, base, note, error }: RunData): HTMLElement {
  return element(
    "header",
    {},
    element("div", { class: "title" }, element("h1", {}, nameText(name)), element("span", { class: `state ${state}` }, state)),
    element("p", { class: "sub" }, nameText(id), ` · begun ${new Date(base).toLocaleString()}`),
    note === null ? null : element("p", { class: "note" }, note),
    error === null ? null : element("p", { class: "error" }, visible(error)),
  );
}

function facts(model: RunModel): HTMLElement {
  const { data, bars } = model;
  const { attempts, counts, slots, end, longestChain, pathTime } = data;
  const work = attempts.took.reduce((sum, took) => sum + took, 0);
  const cpu = attempts.cpu.filter((each) => each >= 0);
  const peak = attempts.memory.reduce((most, each) => Math.max(most, each), -1);
  const others = ["failed", "skipped", "cancelled", "running", "pending"].flatMap((status) =>
    (counts[status] ?? 0) > 0 ? [`${count(counts[status]!)} ${status}`] : [],
  );
  const list: (readonly [string, string, string])[] = [
    [data.isOver ? "Took" : "So far", duration(end), `${duration(pathTime.own)} of it ours`],
    ["Tasks", count(counts["total"] ?? bars.length), others.join(", ") || "all completed"],
    ["At once", count(slots), work > 0 ? `${(work / end).toFixed(1)} on average` : ""],
    ["Work", duration(work), "all tasks together"],
    ["Longest chain", duration(longestChain), "what no number of slots could beat"],
    ...(cpu.length === 0
      ? []
      : [
          [
            "CPU",
            duration(cpu.reduce((sum, each) => sum + each, 0)),
            `${Math.round((cpu.reduce((sum, each) => sum + each, 0) / work) * 100)} % of the work`,
          ] as const,
        ]),
    ...(peak < 0 ? [] : [["Largest task", memory(peak), "peak memory"] as const]),
  ];
  return element(
    "dl",
    { class: "facts" },
    ...list.map(([term, value, more]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, value, element("small", {}, more))),
    ),
  );
}

function pathWords({ pathTime: { before, run, slotWait, limit, delay, paused, own } }: RunData): string {
  const parts = [
    ...(before > 0 ? [`${duration(before)} before the first of them was added or told to run again`] : []),
    `${duration(run)} running`,
    `${duration(slotWait)} waiting for a slot`,
    ...(limit > 0 ? [`${duration(limit)} held back by other limits`] : []),
    ...(delay > 0 ? [`${duration(delay)} in delays`] : []),
    ...(paused > 0 ? [`${duration(paused)} in which nobody ran the job`] : []),
    `${duration(own)} ours`,
  ];
  return `From the beginning to the end each was waited for by the next: ${parts.join(", ")}.`;
}

function tasksOf({ tasks }: RunData, group: number): ReadonlySet<number> {
  return new Set(tasks.group.flatMap((own, task) => (own === group ? [task] : [])));
}

export function section(title: string, lead: string | null, ...children: readonly Child[]): HTMLElement {
  return element(
    "section",
    {},
    element("h2", {}, title),
    lead === null ? null : element("p", { class: "lead" }, lead),
    ...children,
  );
}
