/**
 * Finds cycles among tasks, for the message that shows them. Works on what a user wrote, before there is a plan.
 *
 * Depth-first and without recursion: a cycle of 20,000 tasks is found like one of two.
 */

/** Enough to mend a file; a graph can have more cycles than anyone can read. */
const MAX_CYCLES = 20;

const UNSEEN = 0;
const ON_PATH = 1;
const DONE = 2;

/**
 * The cycles of a graph given by the dependencies of each task (indices; negative ones are passed over, and so is a task that
 * depends on itself). Each cycle is a list of tasks, each of which depends on the next and the last on the first, and begins with
 * its smallest index. No cycle comes twice; at most 20 come at all, but at least one if there is one.
 */
export function findCycles(dependencies: readonly (readonly number[])[]): number[][] {
  const cycles: number[][] = [];
  const marks = new Uint8Array(dependencies.length);
  const path: number[] = [];
  // By place on the path: how many dependencies of the task there have been looked at.
  const looked: number[] = [];
  for (let start = 0; start < dependencies.length && cycles.length < MAX_CYCLES; start++) {
    if (marks[start] === UNSEEN) {
      enter(start);
    }
    while (path.length > 0 && cycles.length < MAX_CYCLES) {
      const task = path.at(-1)!;
      const dependency = dependencies[task]![looked[path.length - 1]!++];
      if (dependency === undefined) {
        marks[task] = DONE;
        path.pop();
        looked.pop();
      } else if (dependency < 0 || dependency === task) {
        continue;
      } else if (marks[dependency] === UNSEEN) {
        enter(dependency);
      } else if (marks[dependency] === ON_PATH) {
        cycles.push(fromSmallest(path.slice(path.lastIndexOf(dependency))));
      }
    }
  }
  return cycles;

  function enter(task: number): void {
    marks[task] = ON_PATH;
    path.push(task);
    looked.push(0);
  }
}

function fromSmallest(cycle: readonly number[]): number[] {
  let smallest = 0;
  for (let place = 1; place < cycle.length; place++) {
    if (cycle[place]! < cycle[smallest]!) {
      smallest = place;
    }
  }
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}
