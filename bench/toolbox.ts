/** The tools of the bench: our two small C programs, compiled on the spot, and the peers that are installed. Called by main. */

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export type Peer = "make" | "xargs" | "ninja" | "parallel" | "slurmctld";

/** The repository; compiled, this file stands in dist/bench. */
export const repository = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface Toolbox {
  /** For whatever is measured: our tools, the Node that runs us, then the PATH that we were given. */
  readonly env: NodeJS.ProcessEnv;
  /** First line of what each says of itself, in the order in which they are shown. */
  readonly versions: ReadonlyMap<string, string>;
  /** True if the peer is installed. */
  has(peer: Peer): boolean;
}

/** All that is measured sees of our environment: what else is set here may cost one tool more than another (extra root certificates: Node 0.1 s). */
const kept = ["HOME", "USER", "LOGNAME", "SHELL", "TMPDIR"] as const;
/** Else GNU's `true` sets up its language, but only where it is given an argument, as xargs and GNU parallel do and make does not. */
const language = { LC_ALL: "C" };

/** A Slurm cluster of our own takes root. */
const cluster: readonly Peer[] = process.getuid?.() === 0 ? ["slurmctld"] : [];
const peers: readonly Peer[] = ["make", "xargs", "ninja", "parallel", ...cluster];

/** Compiles into `directory`. Throws if there is no C compiler: without it nothing can be measured. */
export function openToolbox(directory: string): Toolbox {
  mkdirSync(directory);
  for (const tool of ["limit", "measure"]) {
    execFileSync("cc", ["-O2", "-o", join(directory, tool), join(repository, "bench", "tools", `${tool}.c`)], {
      stdio: "inherit",
    });
  }
  const path = [directory, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  const env = { ...Object.fromEntries(kept.map((name) => [name, process.env[name]])), ...language, PATH: path };
  const versions = new Map<string, string>([["node", process.version]]);
  for (const tool of ["cc", ...peers]) {
    const version = versionOf(tool, env);
    if (version !== null) versions.set(tool, version);
  }
  return { env, versions, has: (peer) => versions.has(peer) };
}

function versionOf(tool: string, env: NodeJS.ProcessEnv): string | null {
  try {
    const text = execFileSync(tool, [tool === "slurmctld" ? "-V" : "--version"], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 10_000,
    });
    return text.split("\n", 1)[0] ?? "";
  } catch {
    return null;
  }
}
