/** Where this package lies, and what its package.json says. Built files lie at more than one depth below it. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageRoot = findAbove(dirname(fileURLToPath(import.meta.url)));

interface Manifest {
  readonly version: string;
  readonly bin: { readonly "air-executor": string };
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as Manifest;
}

/** The file that the command `air-executor` runs. */
export function cliPath(): string {
  return join(packageRoot, readManifest().bin["air-executor"]);
}

function findAbove(directory: string): string {
  return existsSync(join(directory, "package.json")) ? directory : findAbove(dirname(directory));
}
