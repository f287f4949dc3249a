/**
 * Every call of the system that the native runner makes fails, once and for good, and the same is judged each time: what ran is on record,
 * nothing ran twice, no result is invented, and every task that was taken in is told of. FAULTS=all takes all calls, otherwise some by chance.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test, type TestContext } from "node:test";
import { SeededRandom, takeSeed } from "../../support/seeded-random.js";
import { waitUntil } from "../../support/wait-until.js";
import { repository } from "../../../packaging/compile-runner.js";
import { endsSuite } from "../runner-suite/ends.js";
import { logsSuite } from "../runner-suite/logs.js";
import { Rig } from "../runner-suite/rig.js";
import { missing, native } from "./native-runner.js";
import { linger } from "../../support/shell-loops.js";

const place = mkdtempSync(join(tmpdir(), "air-faults-"));
after(() => rmSync(place, { recursive: true }));
const source = join(repository, "test/workers/native/faults-preload.c");
const shim = join(place, "faults.so");
const made = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], { encoding: "utf8" });
const skip = missing ?? (process.platform !== "linux" || made.status !== 0 ? "the shim can't be made here" : false);

/** Scenes mostly wait. */
const AT_ONCE = 4;

interface Fault {
  readonly call: string;
  readonly nth: number;
  readonly code: "EIO" | "ENOMEM" | "EMFILE" | "EAGAIN" | "ENOSPC" | "EINTR";
  readonly isForGood: boolean;
}

/** What ends of itself, by key: how it ends if nothing fails, and what stands in its log. */
const expected: readonly (readonly [key: number, end: string, log: string])[] = [
  [1, "x 0", ""],
  [2, "x 3", "two\n"],
  [3, "s 9", ""],
  [4, "r 2", ""],
  [5, "x 0", "out\n"],
  [6, "s 15", ""],
  [7, "s 9", ""],
  [8, "x 0", "long\n"],
];

/** Those that mark that they ran: `ran/KEY`, which can't be made twice. */
const once = (key: number): string => `mkdir ran/${key} || mkdir ran/again${key}`;

/** Where for good means that nothing can be recorded, or that it can't be known how tasks end: then the runner waits, and lies not. */
const waitsFor: ReadonlySet<string> = new Set([
  "write",
  "writev",
  "waitid",
  "wait4",
  "malloc",
  "calloc",
  "realloc",
  "read",
  "open",
  "openat",
  "fcntl",
  "readdir",
  "fstat",
  "pread",
  "poll",
  "kill",
  "linkat",
  "syscall",
]);

async function scene(t: TestContext, fault: Fault | null, counts = ""): Promise<string> {
  const plan =
    fault === null ? "" : `${fault.call},${fault.nth},${constants.errno[fault.code]},${fault.isForGood ? "good" : "once"}`;
  const env = { ...process.env, LD_PRELOAD: shim, FAULT: plan, ...(counts === "" ? {} : { FAULT_COUNTS: counts }) };
  const rig = new Rig(t, native, { slots: 3, env });
  mkdirSync(rig.path("ran"));
  rig.shell(1, once(1));
  rig.shell(2, `${once(2)}; echo two; exit 3`);
  rig.shell(3, `${once(3)}; kill -9 $$`);
  rig.run(4, ["/no/such/program"]);
  rig.shell(5, `${once(5)}; echo out; echo err >&2`, { errorLog: "5.err" });
  rig.shell(6, `${once(6)}; setsid sleep 60 & sleep 60`, { limitMs: 70, graceMs: 60_000, env: ["KEY=6"] });
  rig.shell(7, `${once(7)}; trap "" TERM; ${linger(0.01)}`, { env: ["KEY=7"] });
  rig.shell(8, `${once(8)}; sleep 0.1; echo long`);
  for (let key = 9; key <= 12; key++) rig.shell(key, `${once(key)}; exit 5`);
  await waitUntil(() => rig.child.exitCode !== null || existsSync(rig.path("ran/7")) || /[de]/.test(rig.read().story(7)), 3_000);
  rig.stop(7, 30);
  const keys = [...expected.map(([key]) => key), 9, 10, 11, 12];
  // What could not be read was not taken in.
  const isNeverRead = fault?.call === "read" && fault.isForGood;
  const isUnread = (story: string): boolean => story === "" && isNeverRead;
  const isTold = (): boolean => keys.every((key) => /[de]/.test(rig.read().story(key)) || isUnread(rig.read().story(key)));
  const mayWait = fault?.isForGood === true && waitsFor.has(fault.call);
  await waitUntil(() => rig.child.exitCode !== null || (!isNeverRead && isTold()), mayWait ? 1_500 : 20_000);
  rig.close();
  await waitUntil(() => rig.child.exitCode !== null, mayWait ? 500 : 10_000);

  const spool = rig.read();
  const ran = readdirSync(rig.path("ran"));
  const begun = spool.keys("b");
  const problems: string[] = [];
  const claim = (isRight: boolean, what: string): void => void (isRight || problems.push(what));
  claim(
    ran.every((name) => begun.includes(Number(name))),
    `ran without a record, or twice: ${ran.join(" ")}`,
  );
  claim(
    spool.keys("e").every((key) => begun.includes(key)),
    "an end without a begin",
  );
  for (const key of keys) {
    const story = spool.story(key);
    const end = spool.end(key);
    const told = end === undefined ? "" : `${end.how} ${end.value}`;
    const right = expected.find(([one]) => one === key)?.[1] ?? "x 5";
    claim(/^(?:d|bp?l?[kt]?p?u?l?e?p?w?)?$/.test(story), `${key}: its records are ${story}`);
    if (/^[xs]/.test(told) && told !== right) {
      // A stop or limit that came before the task had come to it.
      claim([6, 7].includes(key) && /^s (?:9|15)$/.test(told), `${key}: ${told} instead of ${right}`);
    }
    if (/^[dilfr]/.test(told) && told !== right)
      claim(!ran.includes(String(key)), `${key} ran, and is said not to have: ${told}`);
    if (told.startsWith("x")) claim(ran.includes(String(key)), `${key} has a result and did not run`);
  }
  for (const [key, right, log] of expected) {
    const end = spool.end(key);
    if (end === undefined || `${end.how} ${end.value}` !== right) continue;
    claim(rig.log(key) === log || spool.keys("l").includes(key), `${key}: its log is ${JSON.stringify(rig.log(key))}`);
  }
  claim(
    !spool.keys("e").includes(5) || spool.end(5)!.how !== "x" || rig.log("5.err") === "err\n" || spool.keys("l").includes(5),
    "5: its stderr",
  );
  const isGone = rig.child.exitCode !== null || rig.child.signalCode !== null;
  claim(rig.child.signalCode === null, `died of ${rig.child.signalCode}`);
  if (spool.hello === undefined)
    claim(ran.length === 0 && (!isGone || rig.child.exitCode === 2), `no hello, exit code ${rig.child.exitCode}`);
  else if (mayWait) claim(!isGone || isTold(), "gone, and not all was told");
  else claim(isGone && isTold() && [0, 2].includes(rig.child.exitCode!), `not all was told, exit code ${rig.child.exitCode}`);
  // What was ended is ended; where that can't be known it is not said.
  for (const key of [6, 7]) if (spool.keys("e").includes(key)) claim(survivors(rig, key) === 0, `${key} has an end and lives`);
  return problems.length === 0 ? "" : `${plan}: ${problems.join("; ")}\n${readSpool(rig)}\n${rig.complaint}`;
}

function readSpool(rig: Rig): string {
  return existsSync(rig.spool) ? readFileSync(rig.spool, "latin1") : "";
}

/** Sleepers of the two tasks that are ended. */
function survivors(rig: Rig, key: number): number {
  return rig.survivors().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`KEY=${key}`);
    } catch {
      return false;
    }
  }).length;
}

/** Errors that the runner would not see in this world are asked of nobody. */
const codesOf: Readonly<Record<string, readonly Fault["code"][]>> = {
  malloc: ["ENOMEM"],
  calloc: ["ENOMEM"],
  realloc: ["ENOMEM"],
  mmap: ["ENOMEM"],
  pthread_create: ["EAGAIN"],
  vfork: ["EAGAIN", "ENOMEM"],
};
const codes = ["EIO", "ENOMEM", "EMFILE", "EAGAIN", "ENOSPC", "EINTR"] as const;

describe("the native runner where a log is made for each task", { skip, concurrency: AT_ONCE }, () => {
  // As on NFS: it can't have files without a name, since it does not know that it may be looked into.
  const command = ["env", `LD_PRELOAD=${shim}`, `FAULT=prctl,2,${constants.errno.EINVAL},good`, ...native.command];
  const kind = { ...native, name: "native, a log a task", command };
  logsSuite(kind);
  endsSuite(kind);
});

describe("one call of the system fails", { skip, concurrency: AT_ONCE }, () => {
  test("what was once got wrong: the list of orphans can't be opened, and stops end all the same", async (t) => {
    assert.equal(await scene(t, { call: "open", nth: 2, code: "EIO", isForGood: false }), "");
  });

  for (const call of ["kill", "syscall"])
    for (const nth of [1, 2, 3, 4, 5, 6])
      test(`what was once got wrong: a signal that ends a task or lets it go on (${call} ${nth}) is not sent, and is sent again`, async (t) => {
        assert.equal(await scene(t, { call, nth, code: "EIO", isForGood: false }), "");
      });

  test("each call, once and for good: nothing is invented, nothing is lost, nothing runs off the record", async (t) => {
    const counts = join(place, "counts");
    assert.equal(await scene(t, null, counts), "");
    const names = /#define CALLS\(ONE\)([\s\S]*?)\n\n/.exec(readFileSync(source, "latin1"))![1]!.match(/(?<=ONE\()\w+/g)!;
    const bytes = readFileSync(counts);
    const seed = takeSeed();
    t.diagnostic(`TEST_SEED=${seed}`);
    const random = new SeededRandom(seed);
    const faults: Fault[] = [];
    for (const [index, call] of names.entries()) {
      const count = Number(bytes.readBigInt64LE(index * 8));
      const some = Array.from({ length: Math.min(count, 3) }, () => random.between(1, count));
      const places =
        process.env["FAULTS"] === "all" ? Array.from({ length: Math.min(count, 60) }, (_, at) => at + 1) : some.slice(0, 1);
      for (const nth of places)
        for (const isForGood of [false, true]) faults.push({ call, nth, code: random.pick(codesOf[call] ?? codes), isForGood });
    }
    t.diagnostic(`${faults.length} faults in ${names.length} calls`);
    const next = async (): Promise<void> => {
      for (let fault = faults.pop(); fault !== undefined; fault = faults.pop()) {
        const one = fault;
        await t.test(`${one.call} ${one.nth} ${one.code} ${one.isForGood ? "for good" : "once"}`, async (inner) => {
          const problem = await scene(inner, one);
          assert.equal(problem, "");
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  });
});
