/**
 * Tells a part of this installation that is not there from one that could not be loaded just now: Node has the same words for a file that is
 * missing and for one that it had no handle left to look for. What is missing stays so until somebody installs it again.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { AirError } from "../../domain/errors.js";
import { lookAt } from "./path-look.js";

/** In Node's words, of both its loaders, also where they come from a thread. */
const NOT_FOUND = /^Cannot find (?:module|package) '([^']+)'(?: imported from (.+)|\nRequire stack:\n- (.+))?/;

/** The error in words with a way out; null if it says nothing of a part of ours, or that part is there. */
export function missingPart(error: unknown): AirError | null {
  const [, name, ...from] = NOT_FOUND.exec(error instanceof Error ? error.message : "") ?? [];
  // Of the main file of a package that is there it is not said who wants it.
  const importer = from.find((path) => path !== undefined) ?? null;
  if (name === undefined || (importer === null && !isAbsolute(name))) return null;
  const directory = dirname(importer ?? "/");
  const file = /^\.{0,2}\//.test(name) ? resolve(directory, name) : null;
  const places = file === null ? placesOf(name, directory) : [file];
  const isMissing = places.every((place) => lookAt(place).answer === "no");
  return isMissing ? notWhole(file ?? `the package ${packageOf(name)}`, error) : null;
}

/** Throws if a file of ours is known to be missing. */
export function demandPart(file: string): void {
  if (lookAt(file).answer === "no") throw notWhole(file);
}

/**
 * A package that could not be loaded, by the file that it is. Node never finds one again whose package.json it could not read for a moment.
 *
 * @throws `error` if it is not there, or can't be read just now.
 */
export function loadByPath(name: string, directory: string, error: unknown): unknown {
  const place = placesOf(name, directory).find((path) => lookAt(path).answer === "yes");
  if (place === undefined) throw error;
  const { main } = JSON.parse(readFileSync(place, "utf8")) as { main: string };
  return createRequire(place)(join(dirname(place), main));
}

function notWhole(part: string, cause?: unknown): AirError {
  return new AirError("AIR_SYSTEM", `${part} is missing: this installation is not whole, install it again`, { cause });
}

/** Where Node looks for a package, from there upwards. */
function placesOf(name: string, directory: string): string[] {
  const here = join(directory, "node_modules", packageOf(name), "package.json");
  const above = dirname(directory);
  return above === directory ? [here] : [here, ...placesOf(name, above)];
}

/** Without what is named in it: `@scope/name/part`. */
function packageOf(name: string): string {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}
