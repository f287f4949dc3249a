/** A place for a job that runs on a test cluster, and what its tasks said there. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { main } from "../cli/support/cli.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import type { TestCluster } from "./cluster.js";

/** No run of a test takes longer, however busy the machine is. */
export const LIMIT_MS = 150_000;

export interface End {
  readonly code: number | null;
  readonly err: string;
}

export interface Run {
  readonly pid: number;
  readonly end: Promise<End>;
  /** What it has said on stderr so far. */
  readonly said: () => string;
}

/** Its tasks say in a file when they begin and end. */
export class Scene {
  readonly #place;
  /** Further variables of what is run. */
  readonly env: NodeJS.ProcessEnv = {};
  readonly oracle: string;
  readonly file: string;

  readonly #cluster: TestCluster;

  constructor(t: TestContext, cluster: TestCluster) {
    this.#cluster = cluster;
    this.#place = temporaryPlace(t);
    this.oracle = join(this.#place.root, "oracle");
    this.file = join(this.#place.root, "job.json");
    writeFileSync(this.oracle, "");
  }

  /** A task that says its name, runs `script`, and says it again. */
  task(id: string, script = ":", more: object = {}): object {
    const words = `echo "$SLURMD_NODENAME" && echo begun ${id} >>'${this.oracle}' && ${script} && echo ended ${id} >>'${this.oracle}'`;
    return { id, command: "sh", args: ["-c", words], ...more };
  }

  write(tasks: readonly object[]): void {
    writeFileSync(this.file, JSON.stringify(tasks));
  }

  said(word: "begun" | "ended"): string[] {
    const lines = readFileSync(this.oracle, "utf8").split("\n");
    return lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  }

  /** A run on the cluster, with slots that end what they run within seconds when they are cut off. */
  start(...options: readonly string[]): Run {
    return this.#run([process.execPath, ...this.#command(options)]);
  }

  /** The same with a variable RAW that is no UTF-8: a, byte 255, b. */
  startWithBytes(...options: readonly string[]): Run {
    const script = `export RAW="$(printf 'a\\377b')"; exec "$@"`;
    return this.#run(["sh", "-c", script, "sh", process.execPath, ...this.#command(options)]);
  }

  /** The same on another login node: another host name and another boot, with the same files. */
  startElsewhere(...options: readonly string[]): Run {
    const boot = join(this.#place.root, "boot-id");
    writeFileSync(boot, "11111111-2222-3333-4444-555555555555\n");
    const script = 'hostname login2 && mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
    return this.#run(["unshare", "--uts", "--mount", "sh", "-c", script, boot, process.execPath, ...this.#command(options)]);
  }

  /** The same with a directory of jobs that no node sees. */
  startUnshared(...options: readonly string[]): Run {
    mkdirSync(this.#place.dir);
    const script = 'mount -t tmpfs none "$0" && chmod 700 "$0" && exec "$@"';
    const command = [process.execPath, ...this.#command(options)];
    return this.#run(["unshare", "--mount", "sh", "-c", script, this.#place.dir, ...command]);
  }

  removeJob(): void {
    rmSync(join(this.#place.dir, "jobs", "job"), { recursive: true });
  }

  /** A minute passes in which nobody has written the lock of the job, or of its slots. */
  letLocksAge(): void {
    const old = new Date(Date.now() - 60_000);
    const slots = this.slotDirectories().map((token) => join(this.#place.dir, "slurm", token, "lock"));
    for (const path of [join(this.#place.dir, "jobs", "job", "lock"), ...slots]) utimesSync(path, old, old);
  }

  #command(options: readonly string[]): string[] {
    return [
      main,
      "run",
      this.file,
      "--dir",
      this.#place.dir,
      "--engine",
      "slurm",
      "--lease",
      "3",
      "--grace-period",
      "1",
      ...options,
    ];
  }

  #run([file = "", ...args]: readonly string[]): Run {
    const child = spawn(file, args, {
      env: { ...this.#cluster.env, ...this.env },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: LIMIT_MS,
    });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    const end = once(child, "close").then(([code]) => ({ code: code as number | null, err }));
    return { pid: child.pid!, end, said: () => err };
  }

  /** What lies there for slots. */
  slotDirectories(): string[] {
    const dir = join(this.#place.dir, "slurm");
    return existsSync(dir) ? readdirSync(dir) : [];
  }

  /** From now on the engine's calls of Slurm's commands are counted. Gives their names, in order. */
  countCalls(): () => string[] {
    const bin = join(this.#place.root, "bin");
    const list = join(this.#place.root, "calls");
    mkdirSync(bin);
    writeFileSync(list, "");
    const { PATH: path = "" } = process.env;
    for (const name of ["sbatch", "squeue", "scancel"]) {
      const script = `#!/bin/sh\necho ${name} >>'${list}'\nPATH='${path}'; export PATH\nexec ${name} "$@"\n`;
      writeFileSync(join(bin, name), script, { mode: 0o755 });
    }
    this.env["PATH"] = `${bin}:${path}`;
    return () => readFileSync(list, "utf8").split("\n").slice(0, -1);
  }

  /** What a verb prints. */
  ask(verb: string, ...words: readonly string[]): Promise<string> {
    return this.#ask(process.execPath, [main, verb, ...words]);
  }

  /** The same where no process of a node is seen. */
  askUnseeing(verb: string, ...words: readonly string[]): Promise<string> {
    return this.#ask("unshare", ["--pid", "--fork", "--mount-proc", process.execPath, main, verb, ...words]);
  }

  async #ask(command: string, words: readonly string[]): Promise<string> {
    const child = spawn(command, [...words, "--dir", this.#place.dir], {
      env: this.#cluster.env,
      stdio: ["ignore", "pipe", "inherit"],
      timeout: LIMIT_MS,
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    await once(child, "close");
    return out;
  }

  async until(isTrue: () => boolean, what: string): Promise<void> {
    for (const deadline = Date.now() + LIMIT_MS; !isTrue(); await pause(20))
      assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
  }

  record(id: string): Record<string, unknown> {
    const text = readFileSync(join(this.#place.dir, "jobs", "job", "tasks.json"), "utf8");
    return (JSON.parse(text) as Record<string, unknown>[]).find((task) => task["id"] === id)!;
  }

  log(id: string): string {
    const path = join(this.#place.dir, "jobs", "job", String(this.record(id)["log"]));
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }
}

/** So many tasks alike. */
export function many(scene: Scene, count: number, script: string): object[] {
  return Array.from({ length: count }, (_, index) => scene.task(`t${index}`, script));
}
