/** What a task runs, as a line for people: its words as a shell takes them, or the line that a shell is given. Writes nothing. */

import { SLOT_MARK, type TaskView } from "../index.js";
import { fit, widthOf } from "./render/text-width.js";
import { isShown, quoteForShell } from "./shell-word.js";

export function taskCommand({ command, args }: { readonly command: string; readonly args: readonly string[] }): string {
  const [option, script = "\n", ...more] = args;
  if (command === "sh" && option === "-c" && more.length === 0 && isShown(script)) return script;
  return [command, ...args].map((word) => quoteForShell(word.replaceAll(SLOT_MARK, "{%}"))).join(" ");
}

/** As the files say it; null where they don't. */
export function commandOfView({ command, args = [] }: TaskView): string | null {
  if (typeof command !== "string" || !Array.isArray(args)) return null;
  return taskCommand({ command, args: args.filter((each) => typeof each === "string") });
}

/** Cut in the middle where it is longer: an input stands mostly at the end. */
export function shortened(line: string, most: number): string {
  if (widthOf(line) <= most) return line;
  const half = Math.floor(most / 2);
  return `${fit(line, half)}${line.slice(-half).replace(/^[\udc00-\udfff]/, "")}`;
}

/** True of an id that we gave, which says nothing of what the task does. */
export function isNumberedId(id: string): boolean {
  return /^(?:task|line)-\d+$/.test(id);
}
