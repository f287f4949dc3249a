/** Many jobs whose attempts one runner had: what is dear is asked once for all of them, and each has its turn. */

import assert from "node:assert/strict";
import childProcess, { spawn } from "node:child_process";
import fs, { mkdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { OrphanedAttempt, Report } from "../../src/domain/ports.js";
import { bootId, identify } from "../../src/system/process/process-identity.js";
import { certain } from "../../src/system/look/look.js";
import { AdoptedAttempt } from "../../src/workers/adopting/adopted-attempt.js";
import type { AdoptedSpool } from "../../src/workers/adopting/adopted-spool.js";
import { Missing } from "../../src/workers/adopting/missing.js";
import { Terminator } from "../../src/workers/ending/terminator.js";
import { adoptionIn } from "../fixtures/adoption.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

const JOBS = 40;
const CLAIM = "0a0a0a0ap1s1r000001-0";
const YES = { answer: "yes", found: true } as const;

function orphan(directory: string, key: number): OrphanedAttempt {
  const log = join(directory, "logs", `${key}.log`);
  const limits = { limitMs: null, graceMs: 1000 };
  return {
    key,
    claimKey: key,
    claim: CLAIM,
    job: `job-${key}`,
    task: "t",
    attempt: 1,
    isQueued: false,
    log,
    ...limits,
  };
}

/** A process that is there until the test ends. */
async function somebody(t: TestContext): Promise<{ pid: number; start: number }> {
  const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  return { pid: child.pid!, start: certain(identify(child.pid!))!.start };
}

function adoptEach(t: TestContext, directory: string, spool: string): Report[] {
  mkdirSync(join(directory, "lanes"), { recursive: true });
  writeFileSync(join(directory, "lanes", `${CLAIM}.spool`), spool);
  const { adoption, reports } = adoptionIn(t, directory);
  for (let key = 1; key <= JOBS; key++) adoption.adopt([orphan(directory, key)], null);
  return reports;
}

/** A function of a module of Node's that is mocked, for those who have imported it by name, too, until the test ends. */
function inForce<Mocked extends { readonly mock: { restore(): void } }>(t: TestContext, mocked: Mocked): Mocked {
  syncBuiltinESMExports();
  t.after(() => {
    mocked.mock.restore();
    syncBuiltinESMExports();
  });
  return mocked;
}

/** How often all processes were looked at: each such look asks once for our environment, however many rounds it takes on a busy machine. */
function countLooks(t: TestContext): () => number {
  const read = inForce(t, t.mock.method(fs, "readFileSync"));
  const ours = `/proc/${process.pid}/task/${process.pid}/environ`;
  return () => read.mock.calls.filter(({ arguments: words }) => words[0] === ours).length;
}

test("whether a runner that is gone holds its lock is asked once for all jobs that had attempts there", async (t) => {
  const { dir } = temporaryPlace(t);
  const asked = inForce(t, t.mock.method(childProcess, "spawnSync"));
  const head = `h 1 123 4194303 1 ${bootId()} none\n`;
  const reports = adoptEach(t, dir, head);
  assert.ok(await waitUntil(() => reports.length === JOBS));
  assert.ok(asked.mock.callCount() >= 1 && asked.mock.callCount() <= JOBS / 4, `${asked.mock.callCount()} times`);
});

test("of what began without a record all processes are looked at once for all jobs that had attempts there", async (t) => {
  const { dir } = temporaryPlace(t);
  const looks = countLooks(t);
  const reports = adoptEach(t, dir, `h 1 123 4194303 1 ${bootId()} none\n`);
  assert.ok(await waitUntil(() => reports.length === JOBS));
  assert.ok(looks() >= 1 && looks() <= JOBS / 4, `${looks()} looks at all processes`);
});

test("whether a runner lives is looked at once a round for all jobs whose tasks it has", async (t) => {
  const { dir } = temporaryPlace(t);
  const { pid, start } = await somebody(t);
  const opened = inForce(t, t.mock.method(fs, "readFileSync"));
  const begun = Array.from({ length: JOBS }, (_, index) => `b ${index + 1} 1700000000000000\n`).join("");
  const reports = adoptEach(t, dir, `h 1 123 ${pid} ${start} ${bootId()} none\n${begun}`);
  const looks = (): number => opened.mock.calls.filter(({ arguments: words }) => words[0] === `/proc/${pid}/stat`).length;
  assert.ok(await waitUntil(() => looks() > 0));
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.ok(looks() <= JOBS, `${looks()} looks at the runner`);
  assert.deepEqual(reports, []);
});

test("all processes are looked at once for all jobs whose tasks a runner has", async (t) => {
  const { dir } = temporaryPlace(t);
  const { pid, start } = await somebody(t);
  const looks = countLooks(t);
  let late = 0;
  const now = performance.now.bind(performance);
  t.mock.method(performance, "now", () => now() + late);
  const begun = Array.from(
    { length: JOBS },
    (_, index) => `b ${index + 1} 1700000000000000\np ${index + 1} ${pid} ${start}\n`,
  ).join("");
  adoptEach(t, dir, `h 1 123 ${pid} ${start} ${bootId()} none\n${begun}`);
  late = 4000;
  assert.ok(await waitUntil(() => looks() > 0));
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.ok(looks() <= JOBS / 2, `${looks()} looks at all processes`);
});

test("of many attempts each has its turn to be missed", async (t) => {
  const { dir } = temporaryPlace(t);
  const leader = await somebody(t);
  let late = 0;
  t.mock.method(performance, "now", () => late);
  const missing = new Missing();
  const attempts = Array.from({ length: 300 }, (_, index) => {
    const adopted = new AdoptedAttempt(orphan(dir, index), dir, new Terminator(), {
      onReport() {},
      onBegun() {},
      onStuck() {},
      onLeft() {},
      onLogLost() {},
    });
    const told = { hasBegun: true, begunAt: 1, end: null, reason: null, isDropped: false, isDoubtful: false, left: 0 };
    const trace = { mark: null, leader: index === 200 ? null : leader, parent: null, variables: [] };
    adopted.take({ keepsLimits: true, told: () => told, trace: () => trace } as unknown as AdoptedSpool, YES);
    return adopted;
  });
  const all = new Set(attempts);
  let found: readonly AdoptedAttempt[] = [];
  for (let look = 0; look < 12 && found.length === 0; look++) {
    late += 3000;
    found = missing.of(all, all);
  }
  assert.deepEqual(found, [attempts[200]]);
  late += 3000;
  assert.deepEqual(missing.of(all, all), [attempts[200]], "it stays named");
  assert.deepEqual(missing.of(new Set([attempts[0]!]), all), []);
});
