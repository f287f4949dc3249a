/**
 * From a command's name to the file to run. We look it up, not the shell, so that `echo` is the program and not the shell's own, and so
 * that a missing command is told in plain words. What was found is remembered for the attempts that are handed over together: a task may
 * bring the program that a later one runs.
 */

import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { pathBytes } from "../../system/current-directory.js";

export type LookupResult = { readonly file: string } | { readonly problem: string };

const NOTHING = { command: "", cwd: "", path: "", file: "" };

export class CommandLookup {
  readonly #found = new Map<string, { readonly file: string }>();
  /** The last answer: tasks that follow each other often have one command. */
  #latest = NOTHING;

  /** @param path the PATH of the task; names with a slash don't use it and are relative to `cwd` */
  find(command: string, cwd: string, path: string): LookupResult {
    const latest = this.#latest;
    if (latest.command === command && latest.cwd === cwd && latest.path === path) return latest;
    const id = cacheId(command, cwd, path);
    const known = this.#found.get(id);
    if (known !== undefined) {
      this.#latest = { command, cwd, path, file: known.file };
      return known;
    }
    const result = command.includes("/") ? checkFile(command, cwd) : search(command, cwd, path);
    if ("file" in result) this.#found.set(id, result);
    return result;
  }

  forget(): void {
    this.#found.clear();
    this.#latest = NOTHING;
  }

  /** Looks again: the remembered file could not be run. */
  findAnew(command: string, cwd: string, path: string): LookupResult {
    this.#found.delete(cacheId(command, cwd, path));
    this.#latest = NOTHING;
    return this.find(command, cwd, path);
  }
}

function cacheId(command: string, cwd: string, path: string): string {
  return `${command}\0${path}\0${cwd}`;
}

function checkFile(command: string, cwd: string): LookupResult {
  const file = resolve(cwd, command);
  switch (kindOf(file)) {
    case "missing":
      return { problem: `command not found: ${JSON.stringify(command)}${isAbsolute(command) ? "" : ` (in ${cwd})`}` };
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
    if (kind === "executable") return { file };
    if (kind === "no-permission") refused ??= file;
  }
  if (refused !== undefined) return { problem: `not executable: ${JSON.stringify(refused)} (is its execute permission set?)` };
  return { problem: `command not found: ${JSON.stringify(command)} (looked for on PATH)` };
}

function kindOf(file: string): "missing" | "directory" | "no-permission" | "executable" {
  const path = pathBytes(file);
  try {
    if (statSync(path).isDirectory()) return "directory";
  } catch {
    return "missing";
  }
  try {
    accessSync(path, constants.X_OK);
    return "executable";
  } catch {
    return "no-permission";
  }
}
