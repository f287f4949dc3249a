import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { describeEnd, Engine } from "../support/engine.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

/** Parses both files until there is a file `stop`; prints how often, and how often that failed. */
const PYTHON = `
import json, os, sys
job, stop = sys.argv[1:]
reads = torn = 0
while not os.path.exists(stop):
    for name in ("state.json", "tasks.json"):
        try:
            json.loads(open(os.path.join(job, name)).read())
            reads += 1
        except FileNotFoundError:
            pass
        except ValueError:
            torn += 1
print(reads, torn)
`;
const NODE = `
const fs = require("node:fs");
const [job, stop] = process.argv.slice(1);
let reads = 0, torn = 0;
while (!fs.existsSync(stop)) for (const name of ["state.json", "tasks.json"]) {
  let text;
  try { text = fs.readFileSync(job + "/" + name, "utf8"); } catch { continue; }
  try { JSON.parse(text); reads++; } catch { torn++; }
}
console.log(reads, torn);
`;

test("a reader that parses both files all the time while 5,000 tasks run never sees a torn one", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const stop = join(root, "stop");
  const job = join(dir, "jobs", "many");
  const hasPython = spawnSync("python3", ["-c", ""]).status === 0;
  const [program, flag, text] = hasPython ? (["python3", "-c", PYTHON] as const) : ([process.execPath, "-e", NODE] as const);
  const tasks = Array.from({ length: 5000 }, () => ({ command: "true" }));
  const engine = new Engine(dir, "many", tasks);
  assert.ok(await waitUntil(() => existsSync(job)));
  const reader = spawn(program, [flag, text, job, stop], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => reader.kill("SIGKILL"));
  let output = "";
  reader.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const end = await engine.ended;
  writeFileSync(stop, "");
  await once(reader, "close");
  assert.equal(end.code, 0, describeEnd(end));
  const [reads, torn] = output.trim().split(" ").map(Number);
  t.diagnostic(`${reads} reads by ${program}`);
  assert.ok(reads! > 0);
  assert.equal(torn, 0);
});
