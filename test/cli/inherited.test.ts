import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground } from "./support/cli.js";

const waits = { id: "a", command: "sh", args: ["-c", "touch began; until test -e gate; do sleep 0.02; done; env > env.txt"] };

for (const [how, ignored, code] of [
  ["whoever ignores HUP, as under nohup, is not ended by it", "HUP", 0],
  ["whoever does not is stopped by it", "", 129],
] as const) {
  test(`a closed terminal: ${how}`, async (context) => {
    const { dir, write } = makePlayground(context);
    write("job.json", [waits]);
    const { process: engine, ended } = follow(
      "sh",
      ["-c", `trap '' ${ignored || "USR2"}; exec "$0" run job.json -q`, main],
      dir,
      {},
    );
    assert.ok(await waitUntil(() => existsSync(join(dir, "began")), 20_000));
    engine.kill("SIGHUP");
    if (code === 0) writeFileSync(join(dir, "gate"), "");
    const end = await ended;
    assert.equal(end.code, code, end.stderr);
  });
}

test("the command works through a link in a directory with spaces, and what its first line hands on reaches no task", async (context) => {
  const { dir, write } = makePlayground(context);
  mkdirSync(join(dir, "a b"));
  symlinkSync(main, join(dir, "a b", "air-executor"));
  writeFileSync(join(dir, "gate"), "");
  const path = write("a b/job one.json", [waits]);
  const { code, stderr } = await follow(join(dir, "a b", "air-executor"), ["run", path, "-q"], dir, {}).ended;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(readFileSync(join(dir, "env.txt"), "utf8"), /INHERITED/);
});
