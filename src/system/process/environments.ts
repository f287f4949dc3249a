/**
 * The environments with which the processes of this machine were started, from /proc. As with all that is read of processes, that one can't
 * be read doesn't mean that it is gone.
 */

import { readFileSync, readdirSync } from "node:fs";
import { isText, nameOf } from "./byte-script.js";
import { codeOf, isForbidden } from "../look/error-code.js";
import { NO, unknown, yes, type Look } from "../look/look.js";
import { isGone } from "./process-table.js";

const HAS_PROC = process.platform === "linux";
/** What Node has in the place of bytes that are no UTF-8. */
const SPOILT = "\uFFFD";

/** The environment with which a process was started, `NAME=VALUE` each. That of a process of another user is forbidden, and so not known. */
export function readEnvironment(pid: number): Look<readonly string[]> {
  const first = readVariables(pid, pid);
  if (first.answer !== "no" || !HAS_PROC) return first;
  // One whose first thread alone has ended is asked by another.
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const look = readVariables(pid, Number(thread));
      if (look.answer !== "no") return look;
    }
    return NO;
  } catch (error) {
    return isGone(pid) ? NO : unknown(error);
  }
}

/**
 * Whether a process of this user was started with such a variable, `NAME=VALUE`: anybody may set one, and root reads all of them. Where there
 * is no /proc nobody can be asked: no.
 */
export function isInAnEnvironment(variable: string): Look {
  if (!HAS_PROC) return NO;
  try {
    for (const name of readdirSync("/proc")) {
      if (!/^\d/.test(name)) continue;
      const environment = readEnvironment(Number(name));
      if (environment.answer === "unknown" && !isForbidden(environment.why)) return environment;
      if (environment.answer === "yes" && environment.found.includes(variable) && isOfThisUser(name)) return yes(true);
    }
    return NO;
  } catch (error) {
    return unknown(error);
  }
}

/**
 * Those of the variables that Node can't hold, as bytes: as the process was started with them from which `env` comes. None where they can't be
 * read: then the text has to do.
 */
export function spoiltVariables(env: NodeJS.ProcessEnv, pid: number): Buffer[] {
  const names = new Set(Object.keys(env).filter((name) => name.includes(SPOILT) || env[name]!.includes(SPOILT)));
  if (names.size === 0) return [];
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    const raw = variables.map((variable) => Buffer.from(variable, "latin1"));
    return raw.filter((variable) => names.has(nameOf(variable).toString("utf8")) && !isText(variable));
  } catch {
    return [];
  }
}

/** By who started it: a program may have the rights of another user. Of one that has ended meanwhile it is no more. */
function isOfThisUser(pid: string): boolean {
  try {
    return /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] === `${process.getuid?.()}`;
  } catch (error) {
    if (isGone(Number(pid)) || codeOf(error) === "ESRCH") return false;
    throw error;
  }
}

/** As one of its threads has it: one that has ended, and the kernel's, have none. */
function readVariables(pid: number, thread: number): Look<readonly string[]> {
  try {
    const text = readFileSync(`/proc/${pid}/task/${thread}/environ`, "utf8");
    return text === "" ? NO : yes(text.split("\0"));
  } catch (error) {
    return codeOf(error) === "ESRCH" || isGone(thread) ? NO : unknown(error);
  }
}
