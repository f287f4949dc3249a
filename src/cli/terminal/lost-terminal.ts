/**
 * A terminal that went away while we ran. At its end Node gives each terminal that it was started with its settings back, and aborts if one
 * does not take them: with words of its own, a core file, and a code that says nothing of the job. What is closed by then it leaves alone.
 */

import { closeSync } from "node:fs";
import { isatty } from "node:tty";

let terminals: readonly number[] = [];

/** To be called once, at the start. */
export function surviveLostTerminals(): void {
  terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  if (terminals.length > 0) process.on("exit", closeLost);
}

/** For a verb that goes on until it is told to end, and leaves that to the system: Node does the same there before the signal ends it. */
export function surviveLostTerminalsUntilSignal(): void {
  if (terminals.length === 0) return;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      closeLost();
      process.kill(process.pid, signal);
    });
  }
}

function closeLost(): void {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  terminals = [];
}
