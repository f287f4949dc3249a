import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PoolFiles } from "../../src/slurm/pool-files.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

test("a slot that still writes when its files are removed fails nothing", { timeout: 60_000 }, async (context) => {
  const { root } = temporaryPlace(context);
  for (let round = 0; round < 20; round++) {
    const files = new PoolFiles(join(root, `pool-${round}`));
    files.make([]);
    const script = 'i=0; while [ $i -lt 20000 ] && : > "$0/spool.$((i = i + 1))"; do :; done 2> "$0.gone"';
    const slot = spawn("sh", ["-c", script, files.dir]);
    const ended = once(slot, "exit");
    assert.ok(await waitUntil(() => existsSync(join(files.dir, "spool.9"))));
    files.remove();
    slot.kill("SIGKILL");
    await ended;
    files.remove();
    assert.equal(existsSync(files.dir), false);
  }
});
