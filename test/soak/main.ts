/**
 * `npm run soak [-- ROUNDS]`: starts the soak in a session of its own, so that what the terminal sends reaches none of the engines in it.
 * Ctrl-C has it end what it has begun and print its table; a terminal that goes away leaves it running.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const DEFAULT_ROUNDS = "500";

const program = fileURLToPath(new URL("soak.js", import.meta.url));
const [rounds = DEFAULT_ROUNDS] = process.argv.slice(2);

if (/^[1-9]\d{0,5}$/.test(rounds)) {
  const soak = spawn(process.execPath, [program, rounds], { detached: true, stdio: ["ignore", "inherit", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => soak.kill("SIGINT"));
  soak.on("exit", (code) => (process.exitCode = code ?? 1));
} else {
  process.stderr.write(
    `soak: expected a number of rounds, as in \`npm run soak -- 50\` (${DEFAULT_ROUNDS} without), got "${rounds}"\n`,
  );
  process.exitCode = 2;
}
