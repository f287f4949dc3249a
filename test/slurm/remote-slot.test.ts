/** The slot itself, without Slurm: the native runner as a batch script starts it. */

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Descriptor } from "../../src/domain/ports.js";
import { CommandText } from "../../src/slurm/command-text.js";
import { PoolFiles } from "../../src/slurm/pool-files.js";
import { hasEnded } from "../../src/system/process/process-table.js";
import { linuxRunners } from "../../src/workers/runner/runner-program.js";
import { untilHolds } from "../support/shell-loops.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

const runner = linuxRunners().find((path) => path.endsWith(process.arch));
const skip = runner === undefined ? "no native runner was built for this machine" : false;

const LEASE_S = 4;

function start(t: TestContext, files: PoolFiles): { readonly child: ChildProcess; readonly end: Promise<number | null> } {
  const child = spawn(runner!, ["--slot", files.dir, "0", `${LEASE_S}`, "60", "1", "1"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  t.after(() => child.kill("SIGKILL"));
  return { child, end: once(child, "exit").then(([code]) => code as number | null) };
}

async function said(files: PoolFiles, word: RegExp): Promise<string> {
  for (let looks = 0; looks < 500; looks += 1) {
    const text = files.readSpool(0, 0).toString();
    if (word.test(text)) return text;
    await pause(20);
  }
  throw new Error(`waited in vain for ${word}`);
}

test(
  "a slot that is started a second time refuses, and says nothing that could be taken for the first one's",
  { skip },
  async (t) => {
    const files = new PoolFiles(join(temporaryPlace(t).root, "pool"));
    files.make([]);
    files.makeSlots(0, 1);
    const first = start(t, files);
    await said(files, /^h /m);
    const before = files.readSpool(0, 0).toString();
    assert.equal(await start(t, files).end, 95);
    assert.equal(files.readSpool(0, 0).toString(), before);
    files.tell(0, "close");
    assert.equal(await first.end, 0);
    assert.match(await said(files, /^bye/m), /^bye over/m);
  },
);

test("an empty batch is answered: who asks knows that the slot lives", { skip }, async (t) => {
  const files = new PoolFiles(join(temporaryPlace(t).root, "pool"));
  files.make([]);
  files.makeSlots(0, 1);
  const { end } = start(t, files);
  files.hand(0, { number: 1, tasks: 0, lastKey: 0 }, Buffer.alloc(0));
  await said(files, /^took 1$/m);
  files.tell(0, "close");
  assert.equal(await end, 0);
});

/** All that descends from a process, itself first. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(descendants)];
}

/** A slot with a task that is a shell script, and has begun. */
async function slotWith(t: TestContext, script: string) {
  const { root } = temporaryPlace(t);
  const files = new PoolFiles(join(root, "pool"));
  files.make([]);
  files.makeSlots(0, 1);
  const attempt: Descriptor = {
    ...{ key: 1, slot: 0, job: "job", run: "run", task: "task", attempt: 1, command: "sh", args: ["-c", script], cwd: root },
    ...{ env: {}, jobEnv: {}, stdin: null, log: join(root, "log"), errorLog: null, earlierLog: null, earlierErrorLog: null },
    ...{ limitMs: null, graceMs: 1_000 },
  };
  const { child, end } = start(t, files);
  files.hand(0, { number: 1, tasks: 1, lastKey: 1 }, Buffer.from(new CommandText().write([attempt])));
  await said(files, /^b 1 /m);
  return { root, files, child, end };
}

/** A slot with a task that waits for a file `go`; it and all its processes are stopped for longer than its lease. */
async function suspended(t: TestContext): Promise<{
  readonly files: PoolFiles;
  readonly end: Promise<number | null>;
  readonly go: () => void;
  readonly resume: () => void;
}> {
  const { root, files, child, end } = await slotWith(t, untilHolds("[ -e go ]", 0.05));
  const pids = descendants(child.pid!);
  pids.forEach((pid) => process.kill(pid, "SIGSTOP"));
  await pause(LEASE_S * 1000 + 200);
  const go = (): void => writeFileSync(join(root, "go"), "");
  const resume = (): void => pids.forEach((pid) => void process.kill(pid, "SIGCONT"));
  return { files, end, go, resume };
}

test("a slot that was suspended for longer than its lease asks first whether it may go on", { skip }, async (t) => {
  const { files, end, go, resume } = await suspended(t);
  resume();
  go();
  await said(files, /^e 1 x 0 /m);
  files.tell(0, "close");
  assert.equal(await end, 0);
  assert.match(await said(files, /^bye/m), /^bye over/m);
});

test("what was given up while it was suspended does not go on", { skip }, async (t) => {
  const { files, end, resume } = await suspended(t);
  files.tell(0, "fence");
  resume();
  assert.notEqual(await end, 0);
  assert.doesNotMatch(await said(files, /^bye/m), /^e 1 x 0 /m);
});

test("a process of which the first thread alone has ended is ended before its slot says that it is over", { skip }, async (t) => {
  if (spawnSync("cc", ["--version"]).status !== 0) return t.skip("there is no C compiler");
  const { root } = temporaryPlace(t);
  const source = `#include <pthread.h>
    #include <unistd.h>
    static void *stay(void *none) { sleep(60); return none; }
    int main(void) { pthread_t one; pthread_create(&one, 0, stay, 0); pthread_exit(0); }`;
  execFileSync("cc", ["-pthread", "-xc", "-", "-o", join(root, "headless")], { input: source });
  const { files, end, root: place } = await slotWith(t, `setsid ${join(root, "headless")} & echo $! > pid; sleep 60`);
  const pidFile = join(place, "pid");
  assert.ok(await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n")));
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.ok(await waitUntil(() => readFileSync(`/proc/${pid}/stat`, "latin1").includes("(headless) Z")));
  files.tell(0, "fence");
  await end;
  await said(files, /^bye fenced/m);
  assert.ok(hasEnded(pid));
});
