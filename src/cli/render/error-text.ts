/** An error as the user reads it: a sentence, and every fault of the input on a line of its own. Never a stack trace. */

import { printableLine } from "./printable.js";
import { isExpected } from "../command-line/usage-error.js";
import type { Style } from "./style.js";

export function errorText(error: unknown, style: Style): string {
  const lines = [`${style.bad("air-executor:")} ${printableLine(messageOf(error))}`];
  if (isExpected(error)) {
    for (const { place, message } of error.faults)
      lines.push(`  ${style.strong(printableLine(place))}: ${printableLine(message)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The documented shape of an error under `--json`. */
export function errorJson(error: unknown): object {
  const code = isExpected(error) ? error.code : "AIR_SYSTEM";
  const faults = isExpected(error) ? error.faults : [];
  return { error: { code, message: messageOf(error), faults } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
