/** Commands as text: for sh, for Makefiles and for the reader of the report. */

import { repository } from "./toolbox.js";

/** For sh. Quotes only where it must, since make takes a slower path, through a shell, as soon as there is a quote. */
export function quoteCommand(command: readonly string[]): string {
  return command.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** As one would type it in the repository. */
export function showCommand(command: readonly string[]): string {
  return quoteCommand(command.map((word) => word.replaceAll(`${repository}/`, "")));
}
