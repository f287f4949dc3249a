/**
 * What this process was started with, as far as Node changes it before we could look: signals that are ignored (`nohup`, `&` in a script)
 * are reset, and the soft limit of open files is raised. The command's first line, a shell's, hands both on in a variable, and in another one
 * what the shell drops of the environment. Both are taken out of it here, before anything is started that would inherit them. Without that
 * line nothing is known.
 */

import { constants } from "node:os";

export interface Inherited {
  /** Names of the signals that were ignored. */
  readonly ignoredSignals: readonly NodeJS.Signals[];
  /** Null if it is not known, or there was none. */
  readonly softOpenFiles: number | null;
}

const VARIABLE = "_AIR_EXECUTOR_INHERITED";
/** `NAME=VALUE` with a NUL behind each, in base64. */
const DROPPED = "_AIR_EXECUTOR_DROPPED";

let known: Inherited | null = null;
let text = "";

export function inherited(): Inherited {
  if (known === null) {
    text = process.env[VARIABLE] ?? "";
    known = takeIn(text);
    putBack(process.env[DROPPED] ?? "");
    delete process.env[DROPPED];
  }
  delete process.env[VARIABLE];
  return known;
}

/** The environment for another process of ours, which is to know the same. */
export function withInherited(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  inherited();
  return text === "" ? env : { ...env, [VARIABLE]: text };
}

/** The mask of ignored signals as /proc has it, and the limit. */
function takeIn(words: string): Inherited {
  const [mask = "", limit = ""] = words.split(" ");
  const ignored = /^[0-9]{1,10}$/.test(mask) ? Number(mask) : 0;
  const names = Object.entries(constants.signals).filter(([, number]) => number < 32 && (ignored & (1 << (number - 1))) !== 0);
  return {
    ignoredSignals: names.map(([name]) => name as NodeJS.Signals),
    softOpenFiles: /^[1-9][0-9]{0,9}$/.test(limit) ? Number(limit) : null,
  };
}

function putBack(dropped: string): void {
  for (const variable of Buffer.from(dropped, "base64").toString().split("\0")) {
    const end = variable.indexOf("=");
    if (end > 0) process.env[variable.slice(0, end)] = variable.slice(end + 1);
  }
}
