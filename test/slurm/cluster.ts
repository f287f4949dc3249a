/** A real small Slurm cluster for tests, where its programs are installed and we are root; to be started and ended by a test file. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../source-files.js";

const script = join(root, "test", "slurm", "cluster.sh");
const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel"];

/** False if tests can run, else why not. */
export const missing: string | false =
  process.getuid?.() !== 0
    ? "a Slurm cluster of its own takes root"
    : PROGRAMS.every((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0)
      ? false
      : "Slurm is not installed: apt-get install slurmctld slurmd slurm-client munge";

export class TestCluster {
  readonly #dir = mkdtempSync(join(tmpdir(), "air-executor-slurm-"));
  readonly conf: string;

  constructor() {
    this.conf = this.#run([this.#dir]).trim();
  }

  /** The environment of whoever uses it. */
  get env(): NodeJS.ProcessEnv {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    return { ...env, SLURM_CONF: this.conf };
  }

  /** One of Slurm's commands. */
  call(command: string, ...args: readonly string[]): string {
    return execFileSync(command, args, { env: this.env, encoding: "utf8" });
  }

  /** kill -9 to a daemon: `slurmctld`, or the slurmd of a node. */
  kill(daemon: string): void {
    this.#run(["--kill", this.#dir, daemon]);
  }

  /** kill -9 to all of a node, as a power loss; Slurm is told at once, instead of after its own time. */
  crash(node: string): void {
    this.#run(["--crash", this.#dir, node]);
    this.giveUp(node);
  }

  /** Slurm takes a node for dead; what runs there runs on. */
  giveUp(node: string): void {
    this.call("scontrol", "update", `nodename=${node}`, "state=down", "reason=test");
  }

  /** Starts what is not running. */
  mend(): void {
    this.#run([this.#dir]);
  }

  end(): void {
    this.#run(["--stop", this.#dir]);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #run(args: readonly string[]): string {
    return execFileSync("bash", [script, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  }
}
