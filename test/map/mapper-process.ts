/** A process that maps numbers in the job `m` (mapper.ts), to be killed and started again. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FAULTS_VARIABLE, type Fault } from "../support/fault-plan.js";
import type { Place } from "../support/temporary-directory.js";

const mapper = fileURLToPath(new URL("./mapper.js", import.meta.url));
const preload = new URL("../support/fault-preload.js", import.meta.url).href;

/** A result that it told. */
export interface Line {
  readonly input: number;
  readonly status: string;
  readonly attempts: number;
}

export class Mapper {
  readonly child: ChildProcess;
  #output = "";
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;

  constructor({ root, dir, witness }: Place, count: number, faults: readonly Fault[] = []) {
    const preloading = faults.length === 0 ? [] : ["--import", preload];
    const argv = [...preloading, mapper, dir, String(count), witness, join(root, "gate")];
    this.child = spawn(process.execPath, argv, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, [FAULTS_VARIABLE]: JSON.stringify(faults) },
      timeout: 30_000,
    });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    this.ended = once(this.child, "close").then(([code, signal]) => [code, signal] as const);
  }

  get lines(): Line[] {
    const lines = this.#output.split("\n");
    lines.pop();
    return lines.map((line) => JSON.parse(line) as Line);
  }
}

/** Its tasks need not wait any more. */
export function openGate({ root }: Place): void {
  writeFileSync(join(root, "gate"), "");
}
