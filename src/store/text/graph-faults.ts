/** What the graph of a job has against its tasks, as paths into the job: the rules are domain/check-graph.ts's. Pure. */

import { checkGraph } from "../../domain/check-graph.js";
import type { TaskSpec } from "../../domain/task.js";
import type { PathFault } from "./places.js";
import { suggest } from "./suggest.js";

/** Tasks by themselves, or as an addition to the `known` ones; paths begin at `["tasks", …]`. @param originOf as for `checkGraph`. */
export function graphFaults(
  tasks: readonly TaskSpec[],
  known?: ReadonlyMap<string, unknown>,
  originOf?: (taskIndex: number) => number,
): PathFault[] {
  return checkGraph(tasks, (word, candidates) => suggest(word, candidates) ?? undefined, known, originOf).map((fault) => ({
    path: ["tasks", fault.taskIndex, fault.key, ...(fault.dependencyIndex === undefined ? [] : [fault.dependencyIndex])],
    message: fault.message,
  }));
}
