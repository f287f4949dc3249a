/** A list of commands, one a line, as people give it to GNU parallel or to `xargs -I{} sh -c {}`: each line becomes a task of the shell. Pure. */

import type { ImportedJob } from "./imported-job.js";

/** Empty lines and those that begin with `#` are none. */
export function readCommandList(text: string): ImportedJob {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  const width = String(lines.length).length;
  const tasks = lines.map((line, index) => ({
    id: `line-${String(index + 1).padStart(width, "0")}`,
    command: "sh",
    args: ["-c", line.trim()],
    dependencies: [],
  }));
  return { name: null, tasks };
}
