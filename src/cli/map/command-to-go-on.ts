/** The commands that follow on a batch, for its summary. */

import type { Call } from "../command.js";
import type { Failure, Hints } from "../render/summary.js";
import { commandText, engineOptions, placeOption, quoteForShell } from "../shell-word.js";
import { readsStdin } from "./lists.js";
import type { Wish } from "./wish.js";

/** As it was typed, with the name that the job got. */
function commandToGoOn(name: string, { rest, settings }: Call, { lists }: Wish): string {
  const typed = process.argv.slice(2);
  const options = typed.slice(0, typed.length - rest.length).filter((word) => word !== "--fresh");
  const place = options.indexOf("map") + 1;
  const named = settings.text("name") === null ? ["--name", name] : [];
  const words = ["air-executor", ...options.slice(0, place), ...named, ...options.slice(place), ...rest];
  return `${lists.some(readsStdin) ? "… | " : ""}${words.map(quoteForShell).join(" ")}`;
}

export function hintsOf(name: string, failure: Failure | null, call: Call, wish: Wish): Hints {
  const place = placeOption(call.settings);
  return {
    resume: commandToGoOn(name, call, wish),
    status: commandText("status", [name], place),
    log: commandText("logs", [name, failure?.task ?? ""], place),
    retry: commandText("retry", [name], `${engineOptions(call.settings)}${place}`),
  };
}
