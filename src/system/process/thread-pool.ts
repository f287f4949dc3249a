/**
 * The threads on which Node does what takes a while. It starts them when they are first needed, all at once, and where there is no room for
 * one of them just then it ends the whole process without a word.
 */

import { stat } from "node:fs/promises";

/** Has them started now: whoever lives for long is to have them before others take the last processes. */
export async function startThreadPool(): Promise<void> {
  await stat("/").catch(() => {});
}
