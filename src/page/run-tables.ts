/** What of a run is told in words and tables: where the time went, the critical path, the slowest, what waited longest, what failed. */

import { element, nameText, type Child } from "./element.js";
import type { FailureData, RunData } from "./data.js";
import type { Bar, RunModel } from "./run-model.js";
import { barCell, table } from "./table.js";
import { visible } from "./visible.js";
import { count, duration, share } from "../analysis/figure-text.js";

const MOST_ROWS = 12;
/** Of a path so many tasks are listed. */
const MOST_PATH = 40;
/** Nobody waited who waited less, in milliseconds. */
const NO_WAIT = 0.5;

/** The accounts of all slots, with their colours. */
export function slotShares({ slotTime, slots, end }: RunData): HTMLElement {
  const accounts: readonly [keyof RunData["slotTime"], string, string][] = [
    ["work", "work", "var(--accent)"],
    ["serial", "one task alone, the other slots idle", "#c9a227"],
    ["narrow", "too few tasks side by side", "#d8bf6b"],
    ["stragglers", "waiting for the last ones of many", "#aa4499"],
    ["delays", "delays before another attempt", "#8c6d4f"],
    ["limits", "held back by other limits", "#7a8b2f"],
    ["paused", "nobody ran the job", "#9aa0a6"],
    ["own", "our own overhead", "var(--bad)"],
  ];
  const whole = slots * end;
  const shown = accounts.filter(([key]) => slotTime[key] / whole >= 0.0005);
  const bar = element("div", { class: "share", "aria-hidden": "true" });
  const legend = element("ul", { class: "legend" });
  for (const [key, words, color] of shown) {
    const part = element("i");
    part.style.width = `${(slotTime[key] / whole) * 100}%`;
    part.style.background = color;
    bar.append(part);
    const item = element("li", {}, element("b", {}, share(slotTime[key], whole)), ` ${words}`);
    item.style.setProperty("--key", color);
    legend.append(item);
  }
  return element("div", {}, bar, legend);
}

export type ChooseTask = (task: number) => void;

export function pathTable(model: RunModel, choose: ChooseTask): HTMLElement {
  const { path, end } = model.data;
  const longest = new Set(path.toSorted((a, b) => b.wait + b.run - a.wait - a.run).slice(0, MOST_PATH));
  const rows = path.filter((row) => longest.has(row));
  const made = table(
    "Critical path",
    [
      { head: "Task", kind: "name", cell: ({ task }) => nameButton(model, task, choose) },
      { head: "Waited", kind: "number", cell: ({ wait }) => (wait < NO_WAIT ? "" : duration(wait)) },
      { head: "Ran", kind: "number", cell: ({ run }) => duration(run) },
      {
        head: "",
        kind: "wide",
        cell: ({ task, run }) => barCell(run / end, "var(--ink)", (model.lastBar.get(task)?.from ?? 0) / end),
      },
    ],
    rows,
  );
  const left = path.length - rows.length;
  return left === 0
    ? made
    : element("div", {}, made, element("p", { class: "sub" }, `and ${count(left)} shorter ones between them`));
}

export function slowestTable(model: RunModel, choose: ChooseTask): HTMLElement {
  const rows = model.bars.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, MOST_ROWS);
  const most = rows[0] === undefined ? 1 : rows[0].to - rows[0].from;
  return table(
    "Slowest tasks",
    [
      { head: "Task", kind: "name", cell: ({ task }) => nameButton(model, task, choose) },
      { head: "Took", kind: "number", cell: ({ from, to }) => duration(to - from) },
      { head: "", kind: "wide", cell: ({ from, to }) => barCell((to - from) / most, "var(--accent)") },
    ],
    rows,
  );
}

/** Null if nobody waited. */
export function waitsTable(model: RunModel, choose: ChooseTask): HTMLElement | null {
  const { wait, full } = model.data.attempts;
  const rows = model.bars
    .filter(({ attempt }) => wait[attempt]! >= NO_WAIT)
    .toSorted((a, b) => wait[b.attempt]! - wait[a.attempt]!)
    .slice(0, MOST_ROWS);
  if (rows.length === 0) return null;
  const after = ({ task }: Bar): Child => {
    const before = model.data.tasks.after[task]!;
    return before < 0 ? "" : clamped(model.name(before));
  };
  return table(
    "Longest waits",
    [
      { head: "Task", kind: "name", cell: ({ task }) => nameButton(model, task, choose) },
      { head: "Was ready after", kind: "name", cell: after },
      { head: "Waited", kind: "number", cell: ({ attempt }) => duration(wait[attempt]!) },
      { head: "For a slot", kind: "number", cell: ({ attempt }) => (full[attempt]! < NO_WAIT ? "" : duration(full[attempt]!)) },
    ],
    rows,
  );
}

export function failureView(model: RunModel, failure: FailureData, choose: ChooseTask): HTMLElement {
  const { task, error, attempts, tail } = failure;
  const times = attempts > 1 ? ` (${attempts} attempts)` : "";
  const words = element("p", {}, nameButton(model, task, choose), " ", element("span", {}, visible(error)), times);
  const log = tail === "" ? element("p", { class: "sub" }, "It printed nothing.") : element("pre", { tabindex: 0 }, tail);
  return element("div", { class: "failure" }, words, log);
}

/** At most two lines of it; all of it in its hint. */
function clamped(name: string): HTMLElement {
  return element("span", { class: "clamped", title: name }, nameText(name));
}

function nameButton(model: RunModel, task: number, choose: ChooseTask): HTMLElement {
  const button = element("button", { type: "button", class: "name-button", title: model.name(task) }, clamped(model.name(task)));
  button.addEventListener("click", () => choose(task));
  return button;
}
