import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { describeEnd, Engine, failureOf, type EngineOptions } from "../support/engine.js";
import { judgeRun } from "../support/judge-run.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { witnessed } from "../support/witness.js";

const NOBODY = 65_534;

/** Far more at once than the limit allows. The tasks start no process themselves: that would be their own failure. */
async function runWide(t: TestContext, options: EngineOptions): Promise<void> {
  const place = temporaryPlace(t);
  if (options.uid !== undefined) chmodSync(place.root, 0o777);
  const expected = Array.from({ length: 60 }, (_, index) => ({
    id: `task-${index}`,
    dependencies: [],
    status: "completed" as const,
    attempts: 1,
  }));
  const tasks = expected.map(({ id }) => ({ id, ...witnessed(place.witness, ":") }));
  const end = await new Engine(place.dir, "wide", tasks, { concurrency: 40, ...options }).ended;
  assert.equal(end.code, 0, describeEnd(end));
  assert.deepEqual(judgeRun(place.dir, "wide", place.witness, expected).violations, []);
}

test("without file handles tasks wait and none fails", { skip: process.platform !== "linux" && "needs prlimit" }, async (t) => {
  await runWide(t, { handles: 64 });
});

test("without processes tasks wait and none fails", async (t) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return t.skip("needs root, to become a user whose limit counts");
  const program = fileURLToPath(import.meta.url);
  const canRead = spawnSync(process.execPath, ["-e", `fs.readFileSync(${JSON.stringify(program)})`], {
    uid: NOBODY,
    gid: NOBODY,
  });
  if (canRead.status !== 0) return t.skip("other users can't read the program here");
  // The limit counts all processes and threads of the user; nobody has no others.
  await runWide(t, { prefix: ["prlimit", "--nproc=30"], uid: NOBODY });
});

test("without room for a thread tasks wait until there is, and a run gives up in a sentence if there never is", async (t) => {
  const tasks = (witness: string) => [{ id: "a", ...witnessed(witness, ":") }];
  const noThread = { kind: "fail", call: "Worker", nth: 1, code: "EAGAIN" } as const;
  const late = temporaryPlace(t);
  const waited = await new Engine(late.dir, "late", tasks(late.witness), { faults: [{ ...noThread, times: 3 }] }).ended;
  assert.equal(waited.code, 0, describeEnd(waited));
  const expected = [{ id: "a", dependencies: [], status: "completed", attempts: 1 }] as const;
  assert.deepEqual(judgeRun(late.dir, "late", late.witness, expected).violations, []);
  const never = temporaryPlace(t);
  const gaveUp = await new Engine(never.dir, "never", tasks(never.witness), { faults: [noThread], patienceMs: 300 }).ended;
  assert.equal(gaveUp.code, 3, describeEnd(gaveUp));
  assert.match(failureOf(gaveUp)!.message, /started no process for too long \(no thread could be started: .*EAGAIN/);
});

test("a look for a task's program that fails says nothing of the program: it is made again, and the task runs", async (t) => {
  for (const [call, code] of [
    ["accessSync", "EIO"],
    ["statSync", "ENOMEM"],
  ] as const) {
    const place = temporaryPlace(t);
    const tasks = [{ id: "a", ...witnessed(place.witness, ":") }];
    const faults = [{ kind: "fail", call, nth: 1, times: 2, code }] as const;
    const end = await new Engine(place.dir, "job", tasks, { faults: [...faults] }).ended;
    assert.equal(end.code, 0, describeEnd(end));
    const expected = [{ id: "a", dependencies: [], status: "completed", attempts: 1 }] as const;
    assert.deepEqual(judgeRun(place.dir, "job", place.witness, expected).violations, []);
  }
});
