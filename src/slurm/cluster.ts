/**
 * The commands of Slurm: `sbatch`, `squeue`, `scancel`, each with a time limit, for a controller that is away lets them wait for ever. Knows no
 * task and no file of a pool. Never asks Slurm's database, which many clusters don't have.
 */

import { AirError } from "../domain/errors.js";
import { spawnWithBytes } from "../system/process/spawn-bytes.js";
import { QUEUE_FORMAT, readQueue, type QueueEntry } from "./queue-states.js";

export interface Answer {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
  /** True if it was ended since it took too long: what it asked for may have been done all the same. */
  readonly isTimedOut: boolean;
}

/** What was submitted: its id, refused for good with a reason, or nobody knows. */
export type Submission =
  | { readonly is: "accepted"; readonly job: string }
  | { readonly is: "refused"; readonly reason: string }
  /** The controller did not answer in time: it may have accepted it. */
  | { readonly is: "unclear"; readonly reason: string };

const QUEUE_LIMIT_MS = 30_000;
/** Somebody waits for our end. */
const CANCEL_LIMIT_MS = 10_000;
/** Slurm itself gives up after 9 s without a controller, but waits far longer for room in its list of jobs. */
const SUBMIT_LIMIT_MS = 60_000;
/** An answer takes well under a second: who waits longer is told why. */
const WORTH_SAYING_MS = 5_000;
const NO_COMMAND = 127;
const MOST_OUTPUT = 16 * 1024 * 1024;

/**
 * The environment of Slurm's commands. Of an outer job nothing may leak into ours, such as its memory a node. `SBATCH_…` are the user's
 * wishes and stay.
 */
export function withoutOuterJob(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("SLURM_") || name === "SLURM_CONF");
  return Object.fromEntries(kept);
}

export class Cluster {
  readonly #env: NodeJS.ProcessEnv;
  /** Calls so far, for whoever wants to know what we cost the controller. */
  readonly calls = { sbatch: 0, squeue: 0, scancel: 0 };

  readonly #underWay = new Set<ReturnType<typeof spawnWithBytes>>();
  #isGivenUp = false;
  readonly #onWait: (text: string) => void;

  /** @param onWait told when a command takes its time, with what it says itself. Default: nobody. */
  constructor(env: NodeJS.ProcessEnv, onWait: (text: string) => void = () => {}) {
    this.#env = withoutOuterJob(env);
    this.#onWait = onWait;
  }

  /** True if no slots are asked for any more, and nobody hears how it stands with them. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  async submit(args: readonly string[], script: string): Promise<Submission> {
    const answer = await this.#call("sbatch", ["--parsable", ...args], SUBMIT_LIMIT_MS, script);
    const job = /^(\d+)(?:;|$)/m.exec(answer.out)?.[1];
    if (answer.exitCode === 0 && job !== undefined) return { is: "accepted", job };
    const reason = wordsOf(answer);
    const isUnclear =
      answer.exitCode === null || /timed out|Unable to contact|Connection|try again|temporarily/i.test(answer.err);
    return isUnclear ? { is: "unclear", reason } : { is: "refused", reason };
  }

  /** All elements of the arrays of that name, ended ones as far as Slurm remembers them. Null if it can't be told now, with the reason in `why`. */
  async queue(name: string): Promise<{ readonly entries: readonly QueueEntry[] | null; readonly why: string }> {
    const args = ["-h", "-r", "--me", "-t", "all", "-n", name, "-o", QUEUE_FORMAT];
    const answer = await this.#call("squeue", args, QUEUE_LIMIT_MS);
    if (answer.exitCode === 0) return { entries: readQueue(answer.out), why: "" };
    return { entries: null, why: wordsOf(answer) };
  }

  /** Takes what waits out of the queue, of all arrays of that name; also those of which we have not heard. */
  async cancelWaiting(name: string): Promise<void> {
    await this.#call("scancel", ["--me", "-t", "PENDING", "-n", name], CANCEL_LIMIT_MS);
  }

  /** Ends all arrays of that name, with what they run. */
  async cancelAll(name: string): Promise<void> {
    await this.#call("scancel", ["--me", "-n", name], CANCEL_LIMIT_MS);
  }

  /** Nobody waits any more for what commands have to say that are under way. */
  giveUp(): void {
    this.#isGivenUp = true;
    for (const child of this.#underWay) child.kill("SIGKILL");
  }

  /** @throws AirError `AIR_SYSTEM` if there is no Slurm on this machine. */
  #call(command: keyof Cluster["calls"], args: readonly string[], limitMs: number, input = ""): Promise<Answer> {
    this.calls[command] += 1;
    return new Promise((resolve, reject) => {
      const child = spawnWithBytes(command, args, { env: this.#env, stdio: ["pipe", "pipe", "pipe"] });
      this.#underWay.add(child);
      const said = { out: "", err: "" };
      let isTimedOut = false;
      const limit = setTimeout(() => {
        isTimedOut = true;
        child.kill("SIGKILL");
      }, limitMs);
      const words = (): string => wordsOf({ exitCode: null, ...said, isTimedOut: false });
      const waiting = setTimeout(
        () => this.#onWait(`${command} waits for Slurm's answer${said.err === "" ? "" : `: ${words()}`}`),
        WORTH_SAYING_MS,
      );
      const clear = (): void => {
        this.#underWay.delete(child);
        [limit, waiting].forEach((timer) => clearTimeout(timer));
      };
      const hear = (stream: "out" | "err") => (text: string) => {
        if (said[stream].length < MOST_OUTPUT) said[stream] += text;
      };
      child.stdout!.setEncoding("utf8").on("data", hear("out"));
      child.stderr!.setEncoding("utf8").on("data", hear("err"));
      child.stdin!.on("error", () => {}).end(input);
      child.once("error", (error: NodeJS.ErrnoException) => {
        clear();
        reject(
          error.code === "ENOENT"
            ? noSlurm(command)
            : new AirError("AIR_SYSTEM", `${command}: ${error.message}`, { cause: error }),
        );
      });
      child.once("close", (exitCode) => {
        clear();
        // As a shell says it that could not become the command.
        if (exitCode === NO_COMMAND) return reject(noSlurm(command));
        resolve({ exitCode, ...said, isTimedOut });
      });
    });
  }
}

function noSlurm(command: string): AirError {
  const message = `there is no Slurm on this machine (no ${command} on PATH): run this on a login node of the cluster, or leave --engine out.`;
  return new AirError("AIR_SYSTEM", message);
}

/** The last thing that it said, without its name in front. */
function wordsOf({ err, out, exitCode, isTimedOut }: Answer): string {
  const lines = `${err}\n${out}`.split("\n").flatMap((line) => line.trim().replace(/^\w+: (?:error: |fatal: )?/, "") || []);
  const words = lines.slice(-2).join("; ");
  if (isTimedOut) return `no answer in time${words === "" ? "" : ` (${words})`}`;
  return words === "" ? `exit code ${exitCode}` : words;
}
