/** Spools that were removed while somebody has them open and locked. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RemovedSpools } from "../../src/workers/adopting/removed-spools.js";
import { temporaryPlace } from "../support/temporary-directory.js";

const LOCK =
  "import fcntl, sys\nf = open(sys.argv[1])\nfcntl.flock(f, fcntl.LOCK_EX)\nprint('locked', flush=True)\nsys.stdin.read()";
const OF_NO_ENGINE = "00000000p1s1r000000";

test("a spool that is removed after others were looked for is found, also where their directory had been at rest", async (t) => {
  if (process.platform !== "linux") return t.skip("nobody tells which removed files are open");
  const { dir } = temporaryPlace(t);
  const lanes = join(dir, "lanes");
  mkdirSync(lanes, { recursive: true });
  const paths = [0, 1].map((number) => join(lanes, `${OF_NO_ENGINE}-${number}.spool`));
  const holders = paths.map((path) => {
    writeFileSync(path, path);
    const holder = spawn("python3", ["-c", LOCK, path], { stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => holder.kill("SIGKILL"));
    return holder;
  });
  await Promise.all(holders.map((holder) => once(holder.stdout, "data")));
  const spools = new RemovedSpools(dir);
  for (const [number, path] of paths.entries()) {
    const longAgo = new Date(Date.now() - 60_000 + number);
    utimesSync(lanes, longAgo, longAgo);
    assert.equal(spools.find().size, number);
    assert.equal(spools.find().size, number);
    rmSync(path);
    const found = spools.find();
    assert.equal(found.size, number + 1);
    assert.equal(readFileSync(found.get(`${OF_NO_ENGINE}-${number}`)!, "utf8"), path);
  }
});
