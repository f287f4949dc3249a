/** Colours, or none. Chosen once a stream; rendering asks for meanings, not for colours. */

import { styleText } from "node:util";

export interface Style {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly busy: (text: string) => string;
}

const same = (text: string): string => text;

export const plainStyle: Style = { strong: same, faint: same, good: same, bad: same, busy: same };

export const colorStyle: Style = {
  strong: (text) => styleText("bold", text),
  faint: (text) => styleText("dim", text),
  good: (text) => styleText("green", text),
  bad: (text) => styleText("red", text),
  busy: (text) => styleText("cyan", text),
};

/** The colour of a task's status or a job's state. */
export function styleOf(status: string, style: Style): (text: string) => string {
  switch (status) {
    case "completed":
      return style.good;
    case "failed":
    case "cancelled":
      return style.bad;
    case "running":
    case "working":
      return style.busy;
    default:
      return style.faint;
  }
}
