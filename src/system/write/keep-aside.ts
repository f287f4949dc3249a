/**
 * Keeps what somebody else put in the place of a file of ours under another name, before ours replaces it. The last one
 * that was kept goes.
 */

import { linkSync, lstatSync, renameSync, rmSync } from "node:fs";

/** The same file under both names, so that a very slow writer still reaches it; a directory, which can't have two, is moved. */
export function keepAside(path: string, aside: string): void {
  rmSync(aside, { force: true, recursive: true });
  if (lstatSync(path).isDirectory()) renameSync(path, aside);
  else linkSync(path, aside);
}
