/**
 * From a command's name to the file to run. We look it up, not the shell, so that `echo` is the program and not the shell's own, and so
 * that a missing command is told in plain words. What was found is remembered for the attempts that are handed over together: a task may
 * bring the program that a later one runs.
 */

import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { codeOf, isForbidden, isSystemError, systemWords } from "../../system/look/error-code.js";
import { pathBytes } from "../../system/look/current-directory.js";

/** `isUnclear`: the look failed, and says nothing of the command. */
export type LookupResult = { readonly file: string } | { readonly problem: string; readonly isUnclear?: true };

export class CommandLookup {
  readonly #found = new Map<string, { readonly file: string }>();

  /** @param path the PATH of the task; names with a slash don't use it and are relative to `cwd` */
  find(command: string, cwd: string, path: string): LookupResult {
    const id = cacheId(command, cwd, path);
    const known = this.#found.get(id);
    if (known !== undefined) return known;
    const result = command.includes("/") ? checkFile(command, cwd) : search(command, cwd, path);
    if ("file" in result) this.#found.set(id, result);
    return result;
  }

  forget(): void {
    this.#found.clear();
  }
}

function cacheId(command: string, cwd: string, path: string): string {
  return `${command}\0${path}\0${cwd}`;
}

function checkFile(command: string, cwd: string): LookupResult {
  const file = resolve(cwd, command);
  const kind = kindOf(file);
  if (typeof kind !== "string") return kind;
  switch (kind) {
    case "missing":
      return notFound(command, isAbsolute(command) ? "" : ` (in ${cwd})`);
    case "directory":
      return { problem: `not executable: ${JSON.stringify(command)} is a directory` };
    case "no-permission":
      return { problem: `not executable: ${JSON.stringify(command)} (is its execute permission set?)` };
    case "executable":
      return { file };
  }
}

function search(command: string, cwd: string, path: string): LookupResult {
  let refused: string | undefined;
  for (const entry of command === "" ? [] : path.split(":")) {
    // An empty entry means the current directory.
    const file = resolve(cwd, entry, command);
    const kind = kindOf(file);
    // Another of that name may stand behind it.
    if (typeof kind !== "string") return kind;
    if (kind === "executable") return { file };
    if (kind === "no-permission") refused ??= file;
  }
  if (refused !== undefined) return { problem: `not executable: ${JSON.stringify(refused)} (is its execute permission set?)` };
  return notFound(command, " (looked for on PATH)");
}

/** With a word for who wrote a whole command line. */
function notFound(command: string, where: string): LookupResult {
  const advice = /\S\s+\S/.test(command) ? "; command is the program alone, its arguments go into args" : "";
  return { problem: `command not found: ${JSON.stringify(command)}${where}${advice}` };
}

/** What says that nothing is there that could be run: some file systems say so of what is out of reach, and execvp(3) takes it for that. */
const MISSING: ReadonlySet<string> = new Set([
  ...["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG", "EINVAL", "ESTALE", "ENODEV", "ETIMEDOUT"],
]);

type Kind = "missing" | "directory" | "no-permission" | "executable";

function kindOf(file: string): Kind | Extract<LookupResult, { problem: string }> {
  const path = pathBytes(file);
  try {
    if (statSync(path).isDirectory()) return "directory";
  } catch (error) {
    return MISSING.has(codeOf(error)) || !isSystemError(error) ? "missing" : unclear(error);
  }
  try {
    accessSync(path, constants.X_OK);
    return "executable";
  } catch (error) {
    return isForbidden(error) || MISSING.has(codeOf(error)) || !isSystemError(error) ? "no-permission" : unclear(error);
  }
}

function unclear(error: Error): Extract<LookupResult, { problem: string }> {
  return { problem: `its command can't be looked for: ${systemWords(error)}`, isUnclear: true };
}
