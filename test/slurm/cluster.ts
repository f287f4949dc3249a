/** A real small Slurm cluster for tests, where its programs are installed and we are root; to be started and ended by a test file. */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../source-files.js";

const script = join(root, "test", "slurm", "cluster.sh");
/** A controller that is full or hangs would let a command wait for ever. */
const LONGEST_CALL_MS = 20_000;
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

  /** @param conf further lines of slurm.conf. @param files what else lies beside it, by name. */
  constructor({ conf = "", files = {} }: { readonly conf?: string; readonly files?: Readonly<Record<string, string>> } = {}) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#dir, name), text);
    this.conf = this.#run([this.#dir], { TEST_SLURM_CONF: conf }).trim();
  }

  /** The environment of whoever uses it. */
  get env(): NodeJS.ProcessEnv {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    return { ...env, SLURM_CONF: this.conf };
  }

  /** One of Slurm's commands. */
  call(command: string, ...args: readonly string[]): string {
    return execFileSync(command, args, { env: this.env, encoding: "utf8", timeout: LONGEST_CALL_MS });
  }

  /** Submits a job that sleeps; gives its id. */
  submit(...args: readonly string[]): string {
    return this.call("sbatch", "--parsable", "--output=/dev/null", ...args, "--wrap=sleep 60").trim();
  }

  /** kill -9 to a daemon: `slurmctld`, or the slurmd of a node. */
  kill(daemon: string): void {
    this.#run(["--kill", this.#dir, daemon]);
  }

  /**
   * kill -9 to all of a node, as a power loss; Slurm is told at once, instead of after its own time.
   * @param first processes of it that die a moment before the rest
   */
  crash(node: string, first: readonly number[] = []): void {
    this.#run(["--crash", this.#dir, node, ...first.map(String)]);
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

  /** Has nodes work again that the controller has drained; nobody waits for that. */
  resume(): void {
    spawn("bash", [script, "--resume", this.#dir], { stdio: "ignore" });
  }

  end(): void {
    this.#run(["--stop", this.#dir]);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Lets the controller hang, or go on. */
  signalController(signal: "SIGSTOP" | "SIGCONT"): void {
    process.kill(Number(readFileSync(join(this.#dir, "slurmctld.pid"), "utf8")), signal);
  }

  #run(args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
    return execFileSync("bash", [script, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
  }
}
