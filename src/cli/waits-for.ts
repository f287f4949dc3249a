/** What an unfinished job waits for, with the command that goes on with it if nobody does. For `status` and `watch`. */

import { relative } from "node:path";
import type { JobView } from "../index.js";
import { findManager } from "../manager/daemon.js";
import type { Settings } from "./settings.js";
import { placeOption, quoteForShell } from "./shell-word.js";

/** Empty for a job that has ended, or that somebody runs. */
export function waitsFor(settings: Settings): (job: JobView) => string {
  const manager = findManager(settings.dir()).answer;
  return ({ name, state, isOver, problem, engine, dir }) => {
    if (problem !== null) return problem;
    if (isOver || engine !== null) return "";
    const why = state?.["state"] === "working" ? "its engine is gone" : "nobody runs it";
    if (state?.["owner"] === "run") return `${why}; go on: air-executor run ${quoteForShell(shorter(dir))}`;
    if (state?.["owner"] === "map") return `${why}; go on: ${mapAgain(name, state["map_of"])}`;
    return manager === "no" ? `${why}; go on: air-executor start${placeOption(settings)}` : "";
  };
}

function mapAgain(name: string, mapOf: unknown): string {
  const begin = "air-executor map ";
  if (typeof mapOf !== "string" || !mapOf.startsWith(begin)) return "map its input again under this name";
  const isPiped = mapOf.endsWith(":::: -");
  return `${isPiped ? "… | " : ""}${begin}--name ${quoteForShell(name)} ${mapOf.slice(begin.length)}`;
}

function shorter(path: string): string {
  const fromHere = relative("", path);
  return fromHere !== "" && fromHere.length < path.length ? fromHere : path;
}
