/** Makes what was made, renamed or removed in a directory safe from a power loss; off the main thread, for a disk may take its time. */

import { open } from "node:fs/promises";
import { aboutPath } from "../look/error-code.js";

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } catch (error) {
    throw aboutPath(error, path);
  } finally {
    await directory.close();
  }
}
