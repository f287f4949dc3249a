/** Plain tables. */

import { element, type Child } from "./element.js";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Child | readonly Child[];
  /** Default: text. */
  readonly kind?: "number" | "name" | "wide";
}

export function table<Row>(
  label: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  classOf: (row: Row) => string = () => "",
): HTMLElement {
  const heads = columns.map(({ head, kind = "" }) => element("th", { scope: "col", class: kind }, head));
  const lines = rows.map((row) =>
    element(
      "tr",
      { class: classOf(row) },
      ...columns.map(({ cell, kind = "" }) => element("td", { class: kind }, ...[cell(row)].flat())),
    ),
  );
  return element(
    "div",
    { class: "scroll" },
    element("table", { "aria-label": label }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines)),
  );
}

/** As long as its share of the longest, and as far from the left as `offset` says. */
export function barCell(share: number, color: string, offset = 0): HTMLElement {
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  bar.style.marginLeft = `${Math.max(0, Math.min(1 - share, offset)) * 100}%`;
  bar.style.background = color;
  return bar;
}
