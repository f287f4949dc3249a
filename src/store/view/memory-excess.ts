/** Whether a task of a tasks.json used more memory than it takes by its `resources`, in the words of the file. Pure. */

import { isObject } from "../text/describe.js";
import { parseSize } from "../text/sizes.js";
import type { TaskView } from "./task-view.js";

export interface MemoryExcess {
  readonly usedBytes: number;
  readonly takesBytes: number;
}

/** Null if it did not, or nobody knows. */
export function memoryExcess({ usage, resources }: TaskView): MemoryExcess | null {
  const written = isObject(resources) ? resources["memory"] : undefined;
  const takesBytes = typeof written === "string" ? parseSize(written) : null;
  const usedBytes = (usage?.max_rss_kb ?? 0) * 1024;
  return takesBytes === null || usedBytes <= takesBytes ? null : { usedBytes, takesBytes };
}
