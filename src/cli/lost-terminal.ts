/**
 * A terminal that went away while we ran. At its end Node gives each terminal that it was started with its settings back, and aborts if one
 * does not take them: with words of its own, a core file, and a code that says nothing of the job. What is closed by then it leaves alone.
 */

import { closeSync } from "node:fs";
import { isatty } from "node:tty";

/** To be called once, at the start. */
export function surviveLostTerminals(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  if (terminals.length === 0) return;
  process.on("exit", () => {
    for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  });
}
