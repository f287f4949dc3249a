/**
 * Tasks that are seen from outside: each attempt writes a line to one common file when it begins and when it ends (appends of a line are
 * atomic), and nothing that the engine believes comes into it.
 */

import { existsSync, readFileSync } from "node:fs";

export interface WitnessLine {
  /** `astray`: it did not find what it was promised. */
  readonly what: "start" | "end" | "astray";
  readonly attempt: number;
  readonly task: string;
}

/** Shell text that writes a line; the file is `$0`. */
export const say = (what: WitnessLine["what"]): string =>
  `printf '${what}\\t%s\\t%s\\n' "$AIR_EXECUTOR_ATTEMPT" "$AIR_EXECUTOR_TASK" >>"$0"`;

/** A command that says when it begins and ends, with `middle` between; and prints something, so that it has a log. */
export function witnessed(file: string, middle: string, exit = "exit 0"): { command: string; args: string[] } {
  return {
    command: "sh",
    args: ["-c", `${say("start")}; echo "attempt $AIR_EXECUTOR_ATTEMPT"; ${middle}; ${say("end")}; ${exit}`, file],
  };
}

export function readWitness(file: string): WitnessLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  lines.pop();
  return lines.map((line) => {
    const [what, attempt, task] = line.split("\t");
    return { what: what as WitnessLine["what"], attempt: Number(attempt), task: task! };
  });
}
