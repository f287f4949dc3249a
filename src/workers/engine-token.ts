/**
 * The name of an engine, with which the names of its spools begin: it says which process that is, so that anybody can tell whether what
 * is left of it is of use. Used by the pool, which makes one, and by adoption.
 */

import { existsSync, readdirSync } from "node:fs";
import { randomDigits } from "../domain/random-digits.js";
import { identify, isAlive, bootId } from "../system/process-identity.js";
import { isSpoolName, lanesDirectoryOf } from "./spool.js";

/** `<8 digits of the boot id>p<pid>s<start>r<random>`: several engines may live in one process. It is no secret. */
export function engineToken(): string {
  const { pid, start } = identify(process.pid);
  return `${shortBootId()}p${pid}s${start}r${randomDigits(6)}`;
}

/** True if the engine of that spool was started since the machine was. */
export function isOfThisBoot(spool: string): boolean {
  return spool.startsWith(`${shortBootId()}p`);
}

/** Names of the spools whose engine is gone; none if their directory is gone too. */
export function leftSpools(directory: string): string[] {
  const lanes = lanesDirectoryOf(directory);
  if (!existsSync(lanes)) return [];
  const names = readdirSync(lanes).map((file) => file.replace(/\.spool$/, ""));
  return names.filter((name) => isSpoolName(name) && !isEngineAlive(name));
}

/** True if the engine of that spool lives. */
export function isEngineAlive(spool: string): boolean {
  const [, pid, start] = /p(\d+)s(\d+)r/.exec(spool) ?? [];
  return isOfThisBoot(spool) && isAlive({ bootId: bootId(), pid: Number(pid), start: Number(start) });
}

function shortBootId(): string {
  return bootId()
    .replaceAll(/[^0-9a-f]/g, "")
    .slice(0, 8);
}
