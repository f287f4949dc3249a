/** How a runner of this machine is gone, judged by what it said and what it ended by. Pure. */

import { codeOf } from "../../system/look/error-code.js";

/** `refused`: the machine did not start it just now; `unfit`: it can't run on this machine; `died`: anything else. */
export type HowGone = "refused" | "unfit" | "died";

/** A runner that could not begin says so behind its name. A shell that took a strange program for a script says something else. */
const ITS_COMPLAINT = "air-executor-runner: ";
/** What a program that is not for this machine is refused with. */
const UNFIT: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ENOENT", "ENOEXEC", "ELIBBAD"]);

export function howRefused(error: Error): HowGone {
  return UNFIT.has(codeOf(error)) ? "unfit" : "refused";
}

/** @param wasThere it has written into its spool, or was told to go */
export function howEnded(wasThere: boolean, said: string, signal: NodeJS.Signals | null): HowGone {
  const isFit = wasThere || said.startsWith(ITS_COMPLAINT);
  return isFit || signal === "SIGKILL" || signal === "SIGTERM" ? "died" : "unfit";
}

/** The line that says why, of what it said: its own complaint, or what Node puts below the place in its code where that was noticed. */
export function reasonIn(said: string): string {
  const lines = said.trim().split("\n");
  return lines.find((line) => line.startsWith(ITS_COMPLAINT) || /^\w*Error: /.test(line)) ?? lines[0] ?? "";
}
