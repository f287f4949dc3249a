/**
 * The name of an engine, with which the names of its spools begin: it says which process that is, so that anybody can tell whether what
 * is left of it is of use.
 */

import { randomDigits } from "../domain/random-digits.js";
import { certain, NO, type Look } from "../system/look/look.js";
import { identify, isAlive, bootId } from "../system/process/process-identity.js";

/**
 * `<8 digits of the boot id>p<pid>s<start>r<random>`: several engines may live in one process. It is no secret.
 *
 * @throws the system's error if it doesn't tell who we are: under a wrong name we would look dead.
 */
export function engineToken(): string {
  const me = certain(identify(process.pid));
  if (me === null) throw new Error("Internal error: this process does not exist");
  const { pid, start } = me;
  return `${shortBootId()}p${pid}s${start}r${randomDigits(6)}`;
}

/** True if the engine of that spool was started since the machine was. */
export function isOfThisBoot(spool: string): boolean {
  return spool.startsWith(`${shortBootId()}p`);
}

/** Whether the engine of that spool lives. */
export function isEngineAlive(spool: string): Look {
  const [, pid, start] = /p(\d+)s(\d+)r/.exec(spool) ?? [];
  if (!isOfThisBoot(spool)) return NO;
  return isAlive({ bootId: bootId(), pid: Number(pid), start: Number(start) });
}

function shortBootId(): string {
  return bootId()
    .replaceAll(/[^0-9a-f]/g, "")
    .slice(0, 8);
}
