import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { describeEnd, Engine } from "../support/engine.js";
import { temporaryPlace } from "../support/temporary-directory.js";

const NOBODY = 65_534;

test("a stdin file that may not be read is told in plain words, not as the exit code of the shell", async (t) => {
  const { root, dir } = temporaryPlace(t);
  chmodSync(root, 0o777);
  const stdin = join(root, "secret");
  writeFileSync(stdin, "", { mode: 0o000 });
  // Root may read everything.
  const user = process.getuid?.() === 0 ? { uid: NOBODY } : {};
  const end = await new Engine(dir, "job", [{ id: "a", command: "cat", stdin }], user).ended;
  if (end.lines.length === 0) return t.skip("other users can't read the program here");
  const [task] = JSON.parse(readFileSync(join(dir, "jobs/job/tasks.json"), "utf8")) as { error: string; exit_code: null }[];
  assert.deepEqual(
    [task?.error, task?.exit_code],
    [`stdin file can't be read (no permission): ${stdin}`, null],
    describeEnd(end),
  );
});
