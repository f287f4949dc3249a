/**
 * Puts the guide's helper scripts and an example into a user's directory: what `air-executor init` does, without its words.
 *
 * It never overwrites anything, and it starts nothing.
 */

import { constants, copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AirError } from "../index.js";
import { codeOf, systemWords } from "../system/look/error-code.js";
import { shippedFile } from "./package-root.js";

/** The files, relative to the root of the package and to the user's directory alike. */
export const INIT_FILES: readonly string[] = [
  "create_job.sh",
  "status.sh",
  "start-dev.sh",
  "stop-dev.sh",
  "example_python_usage.py",
  "examples/pipeline.yaml",
];

export interface InitResult {
  /** The files that were put there, relative to the directory. */
  readonly written: string[];
  /** The files that were there already with another content, and were left as they are. Files that are as ours are in neither list. */
  readonly kept: string[];
}

/**
 * Copies the helpers and the example into `targetDir`, which is made if need be; executable files stay executable.
 *
 * @throws AirError `AIR_DISK` if a file can't be read or written; the files before it have been written, and calling again goes on.
 *   `AIR_SYSTEM` if a file of ours is missing.
 */
export async function initFiles(targetDir: string): Promise<InitResult> {
  const result: InitResult = { written: [], kept: [] };
  for (const file of INIT_FILES) {
    const source = shippedFile(file);
    const target = join(targetDir, file);
    try {
      if (await copyNew(source, target)) result.written.push(file);
      else if (!(await isSame(source, target))) result.kept.push(file);
    } catch (error) {
      const isNoDirectory = ["EEXIST", "ENOTDIR", "ENOENT", "ELOOP"].includes(codeOf(error));
      const words = error instanceof Error ? systemWords(error) : String(error);
      const reason = isNoDirectory
        ? `that is no directory, or something on the way is none (${codeOf(error)}): choose another place`
        : words;
      throw new AirError("AIR_DISK", `cannot put ${file} into ${targetDir}: ${reason}`, { cause: error });
    }
  }
  return result;
}

/** False if there is something at `target` already, be it a link to nowhere. */
async function copyNew(source: string, target: string): Promise<boolean> {
  await makeDirectory(dirname(target));
  try {
    await copyFile(source, target, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** With those above it. Node's own way goes on for ever where a directory takes no entries (`/proc`). */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT") throw error;
    await makeDirectory(dirname(path));
    await mkdir(path);
  }
}

/** What can't be read (a directory, a link to nowhere) is not the same. */
async function isSame(source: string, target: string): Promise<boolean> {
  const ours = await readFile(source);
  return readFile(target).then(
    (theirs) => theirs.equals(ours),
    () => false,
  );
}
