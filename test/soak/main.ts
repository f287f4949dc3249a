/**
 * `npm run soak [-- ROUNDS]`, and `-- --slurm [ROUNDS]` for the one on a Slurm cluster: starts the soak in a session of its own, so that what the terminal sends reaches none of the engines in it.
 * Ctrl-C has it end what it has begun and print its table; a terminal that goes away leaves it running.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const DEFAULT_ROUNDS = "500";
const SLURM_ROUNDS = "100";

const words = process.argv.slice(2);
const isSlurm = words[0] === "--slurm";
const program = fileURLToPath(new URL(isSlurm ? "../slurm/sweep.js" : "soak.js", import.meta.url));
const [rounds = isSlurm ? SLURM_ROUNDS : DEFAULT_ROUNDS] = isSlurm ? words.slice(1) : words;

if (words.includes("--help")) {
  process.stdout.write(
    `npm run soak -- [ROUNDS]           ${DEFAULT_ROUNDS} rounds without a number\nnpm run soak -- --slurm [ROUNDS]   on a Slurm cluster, ${SLURM_ROUNDS}\n`,
  );
} else if (/^[1-9]\d{0,5}$/.test(rounds)) {
  const soak = spawn(process.execPath, [program, rounds], { detached: true, stdio: ["ignore", "inherit", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => soak.kill("SIGINT"));
  soak.on("exit", (code) => (process.exitCode = code ?? 1));
} else {
  process.stderr.write(
    `soak: expected a number of rounds, as in \`npm run soak -- 50\` (${DEFAULT_ROUNDS} without), got "${rounds}"\n`,
  );
  process.exitCode = 2;
}
