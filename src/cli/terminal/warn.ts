/** Says what a user should know and no error says. */

import { printableLine } from "../render/printable.js";
import type { Terminal } from "./terminal.js";

export function warnOn({ err }: Terminal): (message: string) => void {
  return (message) => err.write(`air-executor: ${printableLine(message)}\n`);
}
