/** Where this package lies, and what its package.json says. Built files lie at more than one depth below it. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { demandPart } from "../system/look/missing-part.js";

const HERE = dirname(fileURLToPath(import.meta.url));

interface Manifest {
  readonly version: string;
  readonly bin: { readonly "air-executor": string };
}

/** @throws AirError `AIR_SYSTEM` if there is none. */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as Manifest;
}

/** The file that the command `air-executor` runs. */
export function cliPath(): string {
  return join(packageRoot(), readManifest().bin["air-executor"]);
}

/**
 * A file that is shipped beside what is built.
 *
 * @throws AirError `AIR_SYSTEM` if it is not there.
 */
export function shippedFile(name: string): string {
  const path = join(packageRoot(), name);
  demandPart(path);
  return path;
}

function packageRoot(directory = HERE): string {
  if (existsSync(join(directory, "package.json"))) return directory;
  if (directory !== dirname(directory)) return packageRoot(dirname(directory));
  demandPart(join(HERE, "package.json"));
  return HERE;
}
