/** The commands that follow on a batch, for its summary. */

import type { Settings } from "../settings.js";
import type { Failure, Hints } from "../render/summary.js";
import { commandText, placeOption, quoteForShell } from "../shell-word.js";
import { readsStdin } from "./lists.js";
import type { Wish } from "./wish.js";

/** As it was typed, with the name that the job got. */
function commandToGoOn(name: string, settings: Settings, { lists }: Wish): string {
  const typed = process.argv.slice(2);
  const place = typed.indexOf("map") + 1;
  const named = settings.text("name") === null ? ["--name", name] : [];
  const words = ["air-executor", ...typed.slice(0, place), ...named, ...typed.slice(place)].filter((word) => word !== "--fresh");
  return `${lists.some(readsStdin) ? "… | " : ""}${words.map(quoteForShell).join(" ")}`;
}

export function hintsOf(name: string, failure: Failure | null, settings: Settings, wish: Wish): Hints {
  const place = placeOption(settings);
  return {
    resume: commandToGoOn(name, settings, wish),
    status: commandText("status", [name], place),
    log: commandText("logs", [name, failure?.task ?? ""], place),
    retry: commandText("retry", [name], place),
  };
}
