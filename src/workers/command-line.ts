/**
 * From a descriptor to the shell text that a lane runs. Pure.
 *
 * What goes around it for the spool is lane-script.ts's. Every word is in single quotes, so nothing in it means anything
 * to the shell. dash starts a simple command with vfork, which is why there is no subshell, no pipe and no `exec` around it.
 */

import type { Descriptor } from "../domain/ports.js";
import { OUR_NAMES } from "./lane-environment.js";
import type { LaneEnvironment } from "./lane-environment.js";

/** A single-quoted shell word. */
export function quote(text: string): string {
  return text.includes("'") ? `'${text.replaceAll("'", `'\\''`)}'` : `'${text}'`;
}

/** What can't be passed to any process; undefined if all is well. */
export function findUnpassable(descriptor: Descriptor): string | undefined {
  if (descriptor.command.includes("\0")) return "the command contains a NUL character, which no program can be given";
  for (const argument of descriptor.args) {
    if (argument.includes("\0")) return "an argument contains a NUL character, which no program can be given";
  }
  for (const name in descriptor.env) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      return `the environment variable name ${JSON.stringify(name)} is empty or contains "=" or NUL`;
    }
    if (descriptor.env[name]?.includes("\0")) return `the environment variable ${name} contains a NUL character`;
  }
  return undefined;
}

/** True if some of the task's environment has to go through env(1). */
export function needsEnvProgram(descriptor: Descriptor, environment: LaneEnvironment): boolean {
  if (environment.odd.length > 0) return true;
  for (const name in descriptor.env) if (environment.isOdd(name)) return true;
  return false;
}

/**
 * @param file absolute path of the command
 * @param changesDirectory whether the lane is elsewhere now
 */
export function taskCommand(
  descriptor: Descriptor,
  file: string,
  changesDirectory: boolean,
  environment: LaneEnvironment,
): string {
  const { cwd } = descriptor;
  let line = "";
  // `cd` exports OLDPWD: put back what the engine has.
  if (changesDirectory) line += `cd -P ${quote(cwd)}&&${oldDirectoryCommand(environment)}&&`;
  for (const name in descriptor.env) {
    if (!isReplaced(name) && !environment.isOdd(name)) line += `${name}=${quote(descriptor.env[name] ?? "")} `;
  }
  line += `AIR_EXECUTOR_JOB=${quote(descriptor.job)} AIR_EXECUTOR_TASK=${quote(descriptor.task)} `;
  line += `AIR_EXECUTOR_ATTEMPT='${descriptor.attempt}' PWD=${quote(cwd)}`;
  if (needsEnvProgram(descriptor, environment)) line += envProgram(descriptor, environment);
  line += ` ${quote(file)}`;
  for (const argument of descriptor.args) line += ` ${quote(argument)}`;
  // First: if it can't be opened the shell has to say so in the spool, not in the log.
  if (descriptor.stdin !== null) line += ` <${quote(descriptor.stdin)}`;
  return `${line} >${quote(descriptor.log)} 2>${descriptor.errorLog === null ? "&1" : `|${quote(descriptor.errorLog)}`}`;
}

function isReplaced(name: string): boolean {
  return name === "PWD" || (OUR_NAMES as readonly string[]).includes(name);
}

function oldDirectoryCommand({ oldDirectory }: LaneEnvironment): string {
  return oldDirectory === undefined ? "unset OLDPWD" : `OLDPWD=${quote(oldDirectory)}`;
}

function envProgram(descriptor: Descriptor, environment: LaneEnvironment): string {
  let words = ` ${quote(environment.envFile)} --`;
  for (const [name, value] of environment.odd) {
    if (descriptor.env[name] === undefined) words += ` ${quote(`${name}=${value}`)}`;
  }
  for (const name in descriptor.env) {
    if (environment.isOdd(name)) words += ` ${quote(`${name}=${descriptor.env[name] ?? ""}`)}`;
  }
  return words;
}
