/**
 * Starts a program with our environment as it is, byte for byte. Variables that are no text are given to a shell, which becomes the program:
 * Node would hand U+FFFD on.
 */

import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import type { Writable } from "node:stream";
import { scriptOf } from "./byte-script.js";
import { spoiltVariables } from "./environments.js";

export interface BytesOptions extends Omit<SpawnOptions, "env" | "stdio"> {
  /** Made from our environment. */
  readonly env: NodeJS.ProcessEnv;
  /** At most six descriptors. */
  readonly stdio: readonly ("pipe" | "ignore" | "ipc" | number)[];
}

/** As `spawn`, whose options they are. */
export function spawnWithBytes(program: string, args: readonly string[], options: BytesOptions): ChildProcess {
  const { env, stdio } = options;
  const spoilt = spoiltVariables(env, process.pid);
  if (spoilt.length === 0) return spawn(program, args, { ...options, stdio: [...stdio] });
  // A shell drops names that are none to it.
  const odd = Object.entries(env).flatMap(([name, value]) => (/^\w+$|\uFFFD/.test(name) ? [] : `${name}=${value}`));
  const script = scriptOf({
    cwd: null,
    env: [...bytesOf(odd), ...spoilt],
    file: Buffer.from(program),
    args: bytesOf(args),
    ignoredSignals: [],
  });
  // Read by a descriptor of its own: the program's input is the program's.
  const fd = stdio.length;
  const words = ["-c", `set -- "$(cat <&${fd})"; exec ${fd}<&-; eval "$1"`];
  const child = spawn("sh", words, { ...options, stdio: [...stdio, "pipe"] });
  (child.stdio[fd] as Writable).on("error", () => {}).end(script);
  return child;
}

const bytesOf = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));
