/**
 * A lane: a small shell that runs one task after another, each as a subprocess of its own, and outlives us if it has to.
 *
 * Driven by a slot. It leads a session and process group of its own, in which its tasks live; TERM to that group ends a task, not the
 * lane. It writes each exit status into its spool before it answers. It never sees a task that we have not checked and quoted.
 */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync } from "node:fs";
import { basename } from "node:path";
import type { Readable, Writable } from "node:stream";

import { bytesOf } from "../domain/byte-text.js";
import { laneScript } from "./lane-script.js";
import { certain } from "../system/look.js";
import { bootId, identify } from "../system/process-identity.js";
import { openSpool, recallPath, writeLaneLine } from "./spool.js";

export interface LaneShell {
  readonly file: string;
  /** Its argv[0], under which it speaks in its complaints. */
  readonly name: string;
  readonly isDash: boolean;
}

/** What a lane tells its slot. */
export interface LaneListener {
  /** The task of that key ended, 128 + n after signal n; or what `lane-script.ts` says of other numbers. */
  onAnswer(key: number, exitStatus: number): void;
  /** The lane is gone; its last answers may not have been heard. */
  onExit(): void;
  /** The lane could not be started. */
  onStartFailure(error: Error): void;
}

const DASHES = ["/bin/dash", "/usr/bin/dash"];

/** dash if it is here, since it starts commands with vfork; else the system's sh. A shell of several names keeps the name `sh`. */
export function chooseShell(wanted: string | null): LaneShell {
  const file = wanted ?? DASHES.find((path) => existsSync(path)) ?? "/bin/sh";
  const isDash = basename(file) === "dash";
  return { file, name: isDash ? "air-lane" : "sh", isDash };
}

export class Lane {
  /** The directory in which it is, as `Prepared.directory` names it; empty if unknown. */
  directory = "";
  readonly #child: ChildProcess;
  /** Null if it could not be started for want of handles. */
  readonly #stdin: Writable | null;
  readonly #listener: LaneListener;
  /** The answer being read, which may arrive in pieces: the number so far, and the key if that is complete. */
  #number = 0;
  #key = 0;

  /** Throws where the machine refuses at once; later refusals come as `onStartFailure`. */
  constructor(shell: LaneShell, environment: Readonly<Record<string, string>>, spool: string, listener: LaneListener) {
    this.#listener = listener;
    const fd = openSpool(spool);
    try {
      this.#child = spawn(shell.file, ["-s"], {
        argv0: shell.name,
        cwd: "/",
        detached: true,
        env: environment,
        stdio: ["pipe", "pipe", fd, fd],
      });
      // First of all: where the machine has no handles left there is nothing else of it, and without a listener this would end us.
      this.#child.once("error", (error) => listener.onStartFailure(error));
      // Before the listeners of its life, so that a lane whose spool can't be written just reads the end of its input and goes.
      if (this.#child.pid !== undefined) this.#introduce(fd, this.#child.pid);
    } finally {
      // The lock belongs to the lane alone.
      closeSync(fd);
    }
    this.#stdin = this.#child.stdin;
    // A lane that is gone says so by its exit.
    this.#stdin?.on("error", () => {});
    if (this.#child.pid === undefined) return;
    (this.#child.stdout as Readable).on("data", (chunk: Buffer) => this.#read(chunk));
    this.#child.once("exit", () => listener.onExit());
    this.#stdin?.write(laneScript(recallPath(spool)));
  }

  /** Its pid and the id of its process group; 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @param text from lane-script.ts */
  run(text: string): void {
    this.#stdin?.write(bytesOf(text));
  }

  /** It finishes its task, if it has one, and goes. */
  end(): void {
    this.#stdin?.end();
  }

  #introduce(fd: number, pid: number): void {
    try {
      // One that is gone already can't be taken for another with a start that no process has.
      writeLaneLine(fd, certain(identify(pid)) ?? { bootId: bootId(), pid, start: 0 });
    } catch (error) {
      this.#child.stdin?.destroy();
      this.#child.stdout?.destroy();
      throw error;
    }
  }

  /** Answers are `<key> <exit status>` lines; digits are taken one by one, so it does not matter where a chunk ends. */
  #read(chunk: Buffer): void {
    for (const byte of chunk) {
      if (byte === 0x20) {
        this.#key = this.#number;
        this.#number = 0;
      } else if (byte === 0x0a) {
        const exitStatus = this.#number;
        this.#number = 0;
        this.#listener.onAnswer(this.#key, exitStatus);
      } else {
        this.#number = this.#number * 10 + byte - 0x30;
      }
    }
  }
}
