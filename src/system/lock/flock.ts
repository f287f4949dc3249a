/**
 * flock(2) for open files of ours. Node doesn't have it: on Linux the program `flock` takes the lock on our open file description and
 * exits; the lock stays with the description, that is with us.
 *
 * Requests that come while a helper runs share the next one: a shell that asks for all of them. So two thousand jobs dropped at once
 * cost this large process a few forks, and not two thousand.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { AirError } from "../../domain/errors.js";
import { codeOf } from "../look/error-code.js";
import { lookAt } from "../look/path-look.js";

interface Request {
  readonly fd: number;
  readonly resolve: (isTaken: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** Enough that the fork of the helper doesn't matter, few enough that the first of them needn't wait long for the last. */
const MOST_AT_ONCE = 32;
/** The first descriptor of a helper that is ours. */
const FIRST_FD = 3;
const TAKEN = "0";
const HELD = "1";
/** Of a file that is open and that it can't lock; others are for what passes, such as a want of memory. */
const NO_LOCKS = "65";
/** In a session of its own: a Ctrl-C that is meant for us must not look like a refusal. */
const APART = { detached: true } as const;
const SCRIPT = 'for fd do flock -n -x "$fd"; echo "$fd $?"; done';

let waiting: Request[] = [];
let isAsking = false;

/** Takes the lock without waiting. False if somebody else holds it. */
export function flock(fd: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    waiting.push({ fd, resolve, reject });
    if (!isAsking) void askForAll();
  });
}

async function askForAll(): Promise<void> {
  isAsking = true;
  while (waiting.length > 0) {
    const batch = waiting.slice(0, MOST_AT_ONCE);
    waiting = waiting.slice(MOST_AT_ONCE);
    try {
      const answers = batch.length === 1 ? [await askForOne(batch[0]!.fd)] : await askForMany(batch.map(({ fd }) => fd));
      batch.forEach(({ resolve }, index) => resolve(answers[index]!));
    } catch (error) {
      batch.forEach(({ reject }) => reject(error as Error));
    }
  }
  isAsking = false;
}

async function askForOne(fd: number): Promise<boolean> {
  const child = spawn("flock", ["-n", "-x", `${FIRST_FD}`], { ...APART, stdio: ["ignore", "ignore", "ignore", fd] });
  return isTaken(`${await ended(child)}`);
}

async function askForMany(fds: readonly number[]): Promise<boolean[]> {
  const names = fds.map((_, index) => `${index + FIRST_FD}`);
  const child = spawn("sh", ["-c", SCRIPT, "sh", ...names], { ...APART, stdio: ["ignore", "pipe", "ignore", ...fds] });
  let said = "";
  // One that could not be started has none.
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await ended(child);
  const answers = new Map(said.split("\n").map((line) => line.split(" ") as [string, string]));
  return names.map((name) => isTaken(answers.get(name) ?? "unknown"));
}

/** By the exit code of `flock`, which has others for trouble of its own and for a file system that has no locks. */
function isTaken(status: string): boolean {
  if (status === TAKEN || status === HELD) return status === TAKEN;
  if (status === NO_LOCKS) {
    const message =
      "the file system of the directory of jobs has no locks (flock): mount it with them (Lustre: -o flock), or choose another with --dir.";
    throw new AirError("AIR_SYSTEM", message);
  }
  const message = `the program flock gave no answer (exit code ${status}): is the package util-linux there, room for one more process and its files, and has the file system locks?`;
  throw new AirError("AIR_SYSTEM", message);
}

/** Its exit code, once all that it said has been read. */
function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    // Any other reason than that it is not there is the machine's, and passes.
    child.once("error", (error) => reject(codeOf(error) === "ENOENT" ? unavailable(error) : error));
    child.once("close", resolve);
  });
}

function unavailable(cause: Error): AirError {
  return new AirError(
    "AIR_SYSTEM",
    `cannot run the program flock (${cause.message}): install the package util-linux, or see to PATH.`,
    {
      cause,
    },
  );
}

/** The program, wherever a task's own PATH leads. */
export function flockProgram(): string {
  program ??= ["/usr/bin/flock", "/bin/flock"].find((path) => lookAt(path).answer === "yes") ?? "flock";
  return program;
}

let program: string | null = null;
