/** What stands above and below the charts of a run: looking for tasks, the critical path, zooming, and how the keys work. */

import { count } from "../analysis/figure-text.js";
import { element } from "./element.js";

export interface ToolActions {
  /** Of all tasks. */
  readonly names: readonly string[];
  /** Null for all of them. */
  readonly onWanted: (tasks: ReadonlySet<number> | null) => void;
  readonly onPathShown: (isShown: boolean) => void;
  /** Null shows all. */
  readonly onZoom: (factor: number | null) => void;
}

export function chartTools({ names, onWanted, onPathShown, onZoom }: ToolActions): HTMLElement {
  const search = element("input", {
    type: "search",
    placeholder: "Find tasks",
    "aria-label": "Find tasks by a part of their id",
  });
  const found = element("span", { class: "found", role: "status" });
  search.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    const tasks = words === "" ? null : find(names, words);
    found.textContent = tasks === null ? "" : `${count(tasks.size)} found`;
    onWanted(tasks);
  });
  const path = element("button", { type: "button", "aria-pressed": "true" }, "Critical path");
  path.addEventListener("click", () => {
    const isShown = path.getAttribute("aria-pressed") !== "true";
    path.setAttribute("aria-pressed", String(isShown));
    onPathShown(isShown);
  });
  const button = (text: string, label: string, factor: number | null): HTMLElement => {
    const made = element("button", { type: "button", "aria-label": label, title: label }, text);
    made.addEventListener("click", () => onZoom(factor));
    return made;
  };
  return element(
    "div",
    { class: "tools" },
    search,
    found,
    element("span", { class: "grow" }),
    path,
    button("+", "Zoom in", 2),
    button("−", "Zoom out", 0.5),
    button("All", "Show all of it", null),
  );
}

export function keyHelp(): HTMLElement {
  const key = (name: string): HTMLElement => element("kbd", {}, name);
  return element(
    "p",
    { class: "keys" },
    key("Ctrl"),
    " with the wheel, or two fingers, zooms; dragging moves. On the chart ",
    key("←"),
    " ",
    key("→"),
    " ",
    key("↑"),
    " ",
    key("↓"),
    " go from task to task, ",
    key("+"),
    " ",
    key("−"),
    " ",
    key("0"),
    " zoom.",
  );
}

function find(names: readonly string[], words: string): ReadonlySet<number> {
  return new Set(names.flatMap((name, task) => (name.toLowerCase().includes(words) ? [task] : [])));
}
