/**
 * `npm run soak [-- ROUNDS]`, `-- --kills [KILLS]` for kills alone, `-- --slurm [ROUNDS]` for the soak on a Slurm cluster: starts it in a
 * session of its own, so that what the terminal sends reaches none of the engines in it. Ctrl-C has it end what it has begun and print its
 * table; a terminal that goes away leaves it running.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Soak {
  readonly program: string;
  /** How many of what, unless a number says so. */
  readonly count: string;
  readonly of: string;
}

const DEFAULT: Soak = { program: "soak.js", count: "500", of: "rounds" };
const SOAKS: Readonly<Record<string, Soak>> = {
  "--kills": { program: "kills.js", count: "2000", of: "kills" },
  "--slurm": { program: "../slurm/sweep.js", count: "100", of: "rounds" },
};

const words = process.argv.slice(2);
const chosen = SOAKS[words[0] ?? ""];
const { program, count: usual, of } = chosen ?? DEFAULT;
const [count = usual] = chosen === undefined ? words : words.slice(1);

if (words.includes("--help")) {
  process.stdout.write(
    `npm run soak -- [ROUNDS]           ${DEFAULT.count} rounds without a number\n` +
      `npm run soak -- --kills [KILLS]    kills alone, ${SOAKS["--kills"]!.count}\n` +
      `npm run soak -- --slurm [ROUNDS]   on a Slurm cluster, ${SOAKS["--slurm"]!.count}\n`,
  );
} else if (/^[1-9]\d{0,5}$/.test(count)) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const soak = spawn(process.execPath, [path, count], { detached: true, stdio: ["ignore", "inherit", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => soak.kill("SIGINT"));
  soak.on("exit", (code) => (process.exitCode = code ?? 1));
} else {
  process.stderr.write(`soak: expected a number of ${of}, as in \`npm run soak -- 50\` (${usual} without), got "${count}"\n`);
  process.exitCode = 2;
}
