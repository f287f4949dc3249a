/** What an unfinished job waits for, with the command that goes on with it if nobody does. For `status`, `watch` and `why`. */

import { basename, dirname, join, relative } from "node:path";
import type { JobView } from "../index.js";
import { readJobTaken, readTrouble, runsOnCluster } from "../internal.js";
import { findManager } from "../manager/daemon.js";
import { readWaits } from "../manager/waits.js";
import type { LockHolder } from "../system/lock/lock-holder.js";
import { directoryFromHere } from "../system/look/current-directory.js";
import { isSystemError } from "../system/look/error-code.js";
import { lookAt } from "../system/look/path-look.js";
import { OTHERS } from "../system/write/slate.js";
import { readProcess } from "../system/process/process-table.js";
import type { Settings } from "./command-line/settings.js";
import { onOneLine, placeOption, quoteForShell } from "./shell-word.js";

/** Empty for a job that has ended, or that somebody runs and nothing keeps from going on. */
export function waitsFor(settings: Settings): (job: JobView) => string {
  const base = settings.dir();
  const manager = findManager(base);
  const waits = manager.answer === "no" ? new Map<string, string>() : readWaits(base);
  const stopped = (manager.answer === "yes" && whyStopped("the manager", manager.found)) || "";
  const isManager = (engine: JobView["engine"]): boolean =>
    engine !== null && engine !== "unknown" && manager.answer === "yes" && engine.pid === manager.found.pid;
  return ({ name, state: written, isOver, problem, engine, dir }) => {
    const state = written ?? (engine === null ? stateOnRecord(dir) : null);
    if (problem !== null && (written !== null || state === null)) return problem;
    if (isOver) return "";
    const asleep = engine === null || engine === "unknown" ? null : whyStopped("its engine", engine);
    if (asleep !== null) return asleep;
    // A manager that can't take a job up holds it for a moment each time it tries. One that is stopped has said why it waited before.
    const wait = engine === null || isManager(engine) ? waits.get(name) : undefined;
    if (wait !== undefined) return stopped || wait;
    const others = engine === null && state?.["owner"] !== "run" && state?.["owner"] !== "map" ? waits.get(OTHERS) : undefined;
    if (others !== undefined) return stopped || others;
    if (engine !== null)
      return readTrouble(base, name) ?? (engine === "unknown" ? "whether an engine runs it can't be told" : "");
    const why = state?.["state"] === "working" ? "its engine is gone" : "nobody runs it";
    if (basename(dirname(dir)) === "runs")
      return `${why}, and a later run has its name; to go on with it move its directory into jobs/`;
    if (state?.["owner"] === "run" || isEndedMap(state)) {
      const there = runsOnCluster(directoryFromHere(base), name) ? " --engine slurm" : "";
      return `${why}; go on: air-executor run ${quoteForShell(shorter(dir))}${there}`;
    }
    if (state?.["owner"] === "map") return `${why}; go on: ${mapAgain(name, state["map_of"])}`;
    return manager.answer === "no" ? `${why}; go on: air-executor start${placeOption(settings)}` : stopped;
  };
}

/** What state.json would say, of a job whose engine was killed before it had written one; null if that is not so, or can't be told. */
function stateOnRecord(dir: string): JobView["state"] {
  if (lookAt(join(dir, "state.json")).answer !== "no") return null;
  try {
    const taken = readJobTaken(join(dir, "journal.ndjson"));
    return taken === null ? null : { ...taken.extra, owner: taken.owner, state: "working" };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return null;
  }
}

/** By SIGSTOP, say: then it can tell nobody what it waits for. Null if it is not, or can't be seen from here. */
export function whyStopped(who: string, { pid, host }: LockHolder): string | null {
  // What has its number here is somebody else.
  const look = host === undefined ? readProcess(pid) : null;
  return look?.answer === "yes" && look.found.isStopped ? `${who} is stopped; kill -CONT ${pid} lets it go on` : null;
}

/** True for a map that had ended, and tasks of it run again, or were added: it is a job as any other. */
export function isEndedMap(state: JobView["state"]): boolean {
  return state?.["owner"] === "map" && state["map_ended"] === true;
}

/** The command that goes on with an unfinished map. */
export function mapAgain(name: string, mapOf: unknown): string {
  const begin = "air-executor map ";
  if (typeof mapOf !== "string" || !mapOf.startsWith(begin)) return "map its input again under this name";
  const isPiped = mapOf.endsWith(":::: -");
  return `${isPiped ? "… | " : ""}${begin}--name ${quoteForShell(name)} ${onOneLine(mapOf.slice(begin.length))}`;
}

function shorter(path: string): string {
  const fromHere = relative("", path);
  return fromHere !== "" && fromHere.length < path.length ? fromHere : path;
}
