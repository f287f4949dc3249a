/**
 * What one would write in Node in five minutes: child_process.spawn behind a pool of promises. Keeps no record and no output.
 *
 *     node spawn-pool.js SLOTS COUNT COMMAND [ARG ...]
 */

import { spawn } from "node:child_process";
import { once } from "node:events";

const [slots = "", count = "", command = "", ...args] = process.argv.slice(2);
let next = 0;
let succeeded = 0;

async function drain(): Promise<void> {
  while (next < Number(count)) {
    next++;
    const [exitCode] = await once(spawn(command, args, { stdio: "ignore" }), "exit");
    if (exitCode === 0) succeeded++;
  }
}

await Promise.all(Array.from({ length: Number(slots) }, drain));
console.log(succeeded);
