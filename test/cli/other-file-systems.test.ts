/** Jobs on file systems that lack something which ext4 has, as real users mount them: of an image, over the network, from a stick. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { faultEnvironment } from "../support/engine.js";
import { untilHolds } from "../support/shell-loops.js";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground, type Started } from "./support/cli.js";

const isRoot = process.geteuid?.() === 0 && process.platform === "linux";
const preload = new URL("../support/fault-preload.js", import.meta.url).href;
const tasks = [{ id: "a", command: "echo", args: ["of a"] }];

test("jobs that an image has brought along, which overlayfs does not rename, are run again and removed", async (t) => {
  if (!isRoot) return t.skip("needs root, to mount");
  const { dir, write, run } = makePlayground(t);
  for (const name of ["one", "two"]) assert.equal((await run(["run", write(`${name}.json`, tasks)])).code, 0);
  const own = makePlayground(t).dir;
  const script = `
    mount -t tmpfs none "$PWD" && cd "$PWD" && mkdir upper work top &&
    mount -t overlay overlay -o lowerdir="$3",upperdir=upper,workdir=work top || exit 99
    cd top; "$1" "$2" run one.json && "$1" "$2" logs one a --attempt 1 && cat .air-executor/jobs/one/runs/*/logs/a.log &&
    "$1" "$2" rm two && ls .air-executor/jobs`;
  const { code, stdout, stderr } = await follow("unshare", ["-m", "sh", "-c", script, "sh", process.execPath, main, dir], own, {})
    .ended;
  if (code === 99) return t.skip(`no overlay can be mounted here: ${stderr}`);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "of a\nof a\none\n");
});

test("where files can't have a second name an earlier run is kept all the same", async (t) => {
  const { dir, write, run } = makePlayground(t);
  const args = ["run", write("job.json", tasks)];
  assert.equal((await run(args)).code, 0);
  const journal = readFileSync(join(dir, ".air-executor/jobs/job/journal.ndjson"), "utf8");
  const env = faultEnvironment(dir, [{ kind: "fail", call: "linkSync", path: "/journal.ndjson", nth: 1, code: "EPERM" }]);
  const { code, stderr } = await follow(process.execPath, ["--import", preload, main, ...args], dir, env).ended;
  assert.equal(code, 0, stderr);
  const runs = join(dir, ".air-executor/jobs/job/runs");
  assert.equal(readFileSync(join(runs, readdirSync(runs)[0]!, "journal.ndjson"), "utf8"), journal);
});

/** Shows a directory as bindfs does, which keeps files that are removed while they are open, as all of FUSE. */
function bind(t: TestContext, options: readonly string[]): string | null {
  const missing = "needs root, FUSE and bindfs";
  const own = mkdtempSync(join(tmpdir(), "air-executor-bound-"));
  const [below, shown] = [join(own, "below"), join(own, "shown")];
  mkdirSync(below);
  mkdirSync(shown);
  const isBound = isRoot && existsSync("/dev/fuse") && spawnSync("bindfs", [...options, below, shown]).status === 0;
  if (!isBound) t.skip(missing);
  t.after(() => {
    if (isBound) spawnSync("umount", ["-l", shown]);
    rmSync(own, { recursive: true, force: true });
  });
  return isBound ? shown : null;
}

test("a job is removed whole where what is open can't be, as in file systems of FUSE and of the network", async (t) => {
  const { write, run } = makePlayground(t);
  const shown = bind(t, []);
  if (shown === null) return;
  const place = ["--dir", join(shown, "air")];
  await run(["run", write("job.json", tasks), ...place]);
  const { code, stderr } = await run(["rm", "job", ...place]);
  assert.deepEqual([code, stderr], [0, "job job removed\n"]);
  assert.deepEqual(readdirSync(join(shown, "air/removed")), []);
});

test("a file system that keeps no permissions is named once, and nothing is called closed that is open", async (t) => {
  const { write, run } = makePlayground(t);
  const shown = bind(t, ["--chmod-ignore", "--perms=a+rwX"]);
  if (shown === null) return;
  const { code, stderr } = await run(["run", write("job.json", tasks), "-q", "--dir", join(shown, "air")]);
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^air-executor: \S+ can be written to by other users \(mode 0777\), for its file system keeps no permissions: .*\n$/,
  );
});

test("a file system without locks is named", async (t) => {
  const { dir, write } = makePlayground(t);
  // As the program ends there.
  writeFileSync(join(dir, "flock"), "#!/bin/sh\nexit 65\n", { mode: 0o755 });
  const env = { PATH: `${dir}:${process.env["PATH"]}` };
  const { code, stderr } = await follow(process.execPath, [main, "run", write("job.json", tasks)], dir, env).ended;
  assert.equal(code, 3);
  assert.match(stderr, /the file system of the directory of jobs has no locks \(flock\)/);
});

test("status says of an engine that can't write any more that it has not for long, as on a disk that became read-only", async (t) => {
  const { dir, write, run } = makePlayground(t);
  const waits = [{ id: "a", command: "sh", args: ["-c", untilHolds("[ -e go ]")] }];
  const lock = join(dir, ".air-executor/jobs/job/lock");
  const waitsFor = async (): Promise<string | null> =>
    (JSON.parse((await run(["status", "job", "--json"])).stdout) as { waits_for: string | null }).waits_for;
  const longAgo = (): void => writeFileSync(lock, readFileSync(lock, "utf8").replace(/"beat":\d+/, '"beat":1'));
  const state = join(dir, ".air-executor/jobs/job/state.json");
  const isWorking = (): boolean => [lock, state, join(dir, "begun")].every(existsSync) && readFileSync(lock, "utf8") !== "";
  waits[0]!.args[1] = `touch begun; ${waits[0]!.args[1]}`;
  // The first write is its name.
  const env = faultEnvironment(dir, [{ kind: "fail", call: "writeSync", path: "/jobs/job/lock", nth: 2, code: "EROFS" }]);
  const mute = follow(process.execPath, ["--import", preload, main, "run", write("job.json", waits)], dir, env);
  assert.ok(await waitUntil(isWorking));
  longAgo();
  assert.match((await waitsFor()) ?? "", /^its engine has not come to write anything for \d+ s: its disk takes nothing/);
  writeFileSync(join(dir, "go"), "");
  assert.equal((await mute.ended).code, 0);
});

test("status takes no engine for silent whose file server's clock is behind", async (t) => {
  const { dir, write, start, run } = makePlayground(t);
  const waits = [{ id: "a", command: "sh", args: ["-c", `touch begun; ${untilHolds("[ -e go ]")}`] }];
  const { ended } = start(["run", write("job.json", waits)]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "begun"))));
  const lock = join(dir, ".air-executor/jobs/job/lock");
  const beatOf = (): number => (JSON.parse(readFileSync(lock, "utf8")) as { beat: number }).beat;
  const first = beatOf();
  assert.ok(await waitUntil(() => beatOf() > first));
  utimesSync(lock, 1, 1);
  const { waits_for: why } = JSON.parse((await run(["status", "job", "--json"])).stdout) as { waits_for: string | null };
  assert.equal(why, null);
  writeFileSync(join(dir, "go"), "");
  assert.equal((await ended).code, 0);
});

test("an engine whose file system has no sockets is reached all the same", async (t) => {
  const { dir, write, run } = makePlayground(t);
  const long = [{ id: "a", command: "sh", args: ["-c", `touch begun; ${untilHolds("[ -e go ]")}`] }];
  const env = faultEnvironment(dir, [
    { kind: "fail", call: "listen", place: ".air-executor/control/*.sock", nth: 1, code: "EPERM" },
  ]);
  const held = follow(process.execPath, ["--import", preload, main, "run", write("job.json", long)], dir, env);
  assert.ok(await waitUntil(() => existsSync(join(dir, "begun"))));
  const { code, stderr } = await run(["cancel", "job"]);
  assert.equal(code, 0, stderr);
  const end = await held.ended;
  assert.equal(end.code, 1, end.stderr);
  assert.doesNotMatch(end.stderr, /can't reach this engine/);
});

test("whose place for sockets in /tmp somebody else has taken is told so by status and by what waits for the engine, and what to do", async (t) => {
  if (!isRoot) return t.skip("needs root, to be another user");
  const { dir, write } = makePlayground(t);
  const user = 50_000 + (process.pid % 10_000);
  const short = `/tmp/air-executor-${user}`;
  const as = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", process.execPath];
  if (spawnSync(as[0]!, [...as.slice(1), main, "--version"]).status !== 0) return t.skip("our files can't be read by others");
  chownSync(dir, user, user);
  mkdirSync(short);
  t.after(() => rmSync(short, { recursive: true, force: true }));
  const faults = faultEnvironment(dir, [
    { kind: "fail", call: "listen", place: ".air-executor/control/*.sock", nth: 1, code: "EPERM" },
  ]);
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Started =>
    follow(as[0]!, [...as.slice(1), ...args], dir, { HOME: dir, ...env });
  const waitsFor = async (): Promise<string | null> =>
    (JSON.parse((await start([main, "status", "job", "--json"]).ended).stdout) as { waits_for: string | null }).waits_for;
  const long = [{ id: "a", command: "sh", args: ["-c", `touch begun; ${untilHolds("[ -e go ]")}`] }];
  const held = start(["--import", preload, main, "run", write("job.json", long)], faults);
  assert.ok(await waitUntil(() => existsSync(join(dir, "begun"))));
  const said =
    /cancel, add and retry don't reach its engine: \/tmp\/air-executor-\d+ is not .*: have it removed, by user 0 or root/;
  assert.ok(await waitUntil(async () => said.test((await waitsFor()) ?? "")));
  const waiting = start([main, "cancel", "job"]).process;
  let told = "";
  waiting.stderr.on("data", (text: string) => (told += text));
  assert.ok(await waitUntil(() => said.test(told)));
  waiting.kill("SIGKILL");
  rmSync(short, { recursive: true });
  assert.ok(await waitUntil(async () => (await waitsFor()) === null));
  const { code, stderr } = await start([main, "cancel", "job"]).ended;
  assert.equal(code, 0, stderr);
  assert.equal((await held.ended).code, 1);
});
