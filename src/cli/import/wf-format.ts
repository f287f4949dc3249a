/** WfCommons' WfFormat, versions 1.0 to 1.5: what was recorded of an execution becomes a job. Pure. */

import type { ImportedJob, ImportedTask, ImportFault } from "./imported-job.js";

type Entries = Readonly<Record<string, unknown>>;

/** True for what calls itself so. */
export function isWfFormat(value: unknown): value is Entries {
  return isObject(value) && isObject(value["workflow"]);
}

/**
 * @param isSleep tasks sleep for as long as theirs ran; else they run the recorded command, and sleep only where there is none.
 */
export function readWfFormat(
  file: Entries,
  isSleep: boolean,
): { readonly job: ImportedJob; readonly faults: readonly ImportFault[] } {
  const recorded = file["workflow"] as Entries;
  const specification = isObject(recorded["specification"]) ? recorded["specification"] : recorded;
  const list = specification["tasks"] ?? specification["jobs"];
  if (!Array.isArray(list)) {
    const faults = [{ place: "workflow", message: "expected a list of tasks in specification.tasks, tasks or jobs" }];
    return { job: { name: null, tasks: [] }, faults };
  }
  const faults: ImportFault[] = [];
  const runs = runsOf(recorded);
  const entries = list.filter(isObject);
  const ids = new Map<string, string>();
  for (const entry of entries) {
    const id = idOf(entry);
    ids.set(id, id);
    if (typeof entry["name"] === "string" && !ids.has(entry["name"])) ids.set(entry["name"], id);
  }
  const parents = new Map(
    entries.map((entry) => [idOf(entry), new Set(textsOf(entry["parents"]).map((each) => ids.get(each) ?? each))]),
  );
  for (const entry of entries)
    for (const child of textsOf(entry["children"])) parents.get(ids.get(child) ?? child)?.add(idOf(entry));
  const tasks = entries.map((entry, index): ImportedTask => {
    const id = idOf(entry);
    if (id === "") faults.push({ place: `tasks[${index}]`, message: "expected an id or a name, got neither" });
    const { command, args } = commandOf(entry, runs.get(id), isSleep);
    return { id, command, args, dependencies: [...(parents.get(id) ?? [])] };
  });
  return { job: { name: typeof file["name"] === "string" ? file["name"] : null, tasks }, faults };
}

function runsOf(recorded: Entries): ReadonlyMap<string, Entries> {
  const execution = isObject(recorded["execution"]) ? recorded["execution"]["tasks"] : null;
  const list = Array.isArray(execution) ? execution.filter(isObject) : [];
  return new Map(list.map((entry) => [idOf(entry), entry]));
}

function commandOf(entry: Entries, run: Entries | undefined, isSleep: boolean): Pick<ImportedTask, "command" | "args"> {
  const command = run?.["command"] ?? entry["command"];
  if (!isSleep && isObject(command) && typeof command["program"] === "string" && command["program"] !== "")
    return { command: command["program"], args: textsOf(command["arguments"]) };
  const seconds = [run?.["runtimeInSeconds"], entry["runtimeInSeconds"], entry["runtime"]].find(
    (each) => typeof each === "number",
  );
  return { command: "sleep", args: [String(seconds ?? 0)] };
}

function idOf(entry: Entries): string {
  return textOf(entry["id"]) || textOf(entry["name"]);
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf).filter((text) => text !== "") : [];
}

function isObject(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
