import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { main } from "../cli/support/cli.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { missing, TestCluster } from "./cluster.js";
import { linger, untilHolds } from "../support/shell-loops.js";
import { LIMIT_MS, many, Scene } from "./scene.js";

let cluster: TestCluster;

describe("on a Slurm cluster", { skip: missing }, () => {
  before(() => {
    cluster = new TestCluster();
  });
  after(() => cluster.end());

  test("a job runs on the nodes, in the order of its dependencies, with its logs, exit codes and what it took on record", async (t) => {
    const scene = new Scene(t, cluster);
    scene.write([
      scene.task("first"),
      scene.task("bad", "exit 137", { dependencies: ["first"] }),
      scene.task("killed", "kill -9 $$", { dependencies: ["first"], on_lost: "fail" }),
      scene.task("last", ":", { dependencies: ["bad"], trigger_rule: "all_done" }),
      scene.task("large", 'test "$SLURM_CPUS_PER_TASK" = 3', { resources: { cpu: 3 } }),
    ]);
    const { code, err } = await scene.start("--slots", "4").end;
    assert.equal(code, 1, err);
    assert.deepEqual(scene.said("ended").toSorted(), ["first", "large", "last"]);
    assert.equal(scene.record("bad")["exit_code"], 137);
    assert.equal(scene.record("killed")["signal"], "SIGKILL");
    assert.match(scene.log("first"), /^n[123]\n$/);
    const ranOn = scene.record("first")["ran_on"] as { node: string; slurm_job: string };
    assert.equal(`${ranOn.node}\n`, scene.log("first"));
    assert.match(ranOn.slurm_job, /^\d+_\d+$/);
    assert.match(await scene.ask("why", "job", "first"), new RegExp(`on ${ranOn.node} in job ${ranOn.slurm_job} of Slurm`));
    assert.match(await scene.ask("logs", "job", "first"), /^n[123]\n$/);
    assert.ok((scene.record("first")["usage"] as { max_rss_kb: number }).max_rss_kb > 0);
  });

  test("an engine that is killed is followed by one that goes on with its slots, and nothing runs twice", async (t) => {
    const scene = new Scene(t, cluster);
    scene.write(many(scene, 24, "sleep 0.5"));
    const killed = scene.start("--slots", "6");
    await scene.until(() => scene.said("ended").length >= 4, "the first tasks to end");
    process.kill(killed.pid, "SIGKILL");
    await killed.end;
    const { code, err } = await scene.start("--slots", "6").end;
    assert.equal(code, 0, err);
    assert.equal(scene.said("begun").length, 24, "each began once");
    assert.equal(new Set(scene.said("ended")).size, 24);
    assert.deepEqual(scene.slotDirectories(), [], "nothing is left of either");
  });

  test("short tasks that were handed over together with one that lasts don't wait for it", async (t) => {
    const scene = new Scene(t, cluster);
    const gate = `${scene.oracle}.go`;
    const tasks = many(scene, 160, ":");
    tasks[110] = scene.task("long", untilHolds(`[ -e '${gate}' ]`, 0.1));
    scene.write(tasks);
    const run = scene.start("--slots", "2:2");
    await scene.until(() => scene.said("ended").length === 159, "all others to end");
    writeFileSync(gate, "");
    const { code, err } = await run.end;
    assert.equal(code, 0, err);
    assert.equal(scene.said("begun").length, 160, "each began once");
  });

  test("the controller is asked as often for many tasks as for few", async (t) => {
    const scene = new Scene(t, cluster);
    const calls = scene.countCalls();
    scene.write(Array.from({ length: 1_500 }, (_, index) => ({ id: `t${index}`, command: "true" })));
    const { code, err } = await scene.start("--slots", "1:16").end;
    assert.equal(code, 0, err);
    // One for the slots, one for their states now and then, and one at the end.
    assert.ok(calls().length <= 20, calls().join(" "));
    assert.ok(calls().includes("sbatch"));
  });

  test("another login node is refused a job that runs, and goes on with it when its engine is dead", async (t) => {
    const scene = new Scene(t, cluster);
    const gate = `${scene.oracle}.go`;
    scene.write(many(scene, 12, untilHolds(`[ -e '${gate}' ]`, 0.1)));
    const killed = scene.start("--slots", "4:4");
    await scene.until(() => scene.said("begun").length >= 4, "the first tasks to run");
    const refused = await scene.startElsewhere("--slots", "4").end;
    assert.deepEqual([refused.code, /is held by process \d+ on \S+ since/.test(refused.err)], [3, true], refused.err);
    process.kill(killed.pid, "SIGKILL");
    await killed.end;
    scene.letLocksAge();
    writeFileSync(gate, "");
    const { code, err } = await scene.startElsewhere("--slots", "4").end;
    assert.equal(code, 0, err);
    assert.equal(scene.said("begun").length, 12, "each began once");
  });

  test("slots that an engine had asked for when it was killed, and that had no task yet, are given back by a later one", async (t) => {
    const scene = new Scene(t, cluster);
    scene.write([scene.task("only")]);
    const killed = scene.start("--slots", "1", "--sbatch-arg=--begin=now+1hour");
    await scene.until(() => cluster.call("squeue", "-h", "-o", "%j").includes("air-executor"), "a slot to wait in the queue");
    process.kill(killed.pid, "SIGKILL");
    await killed.end;
    const { code, err } = await scene.start("--slots", "1").end;
    assert.equal(code, 0, err);
    assert.deepEqual(scene.slotDirectories(), []);
    assert.doesNotMatch(cluster.call("squeue", "-h", "-t", "pending", "-o", "%j"), /air-executor/);
  });

  test("what ran on a node that is lost runs again, when its slots can't run any more", async (t) => {
    const scene = new Scene(t, cluster);
    const gate = `${scene.oracle}.go`;
    const where = `${scene.oracle}.where`;
    writeFileSync(where, "");
    scene.write(many(scene, 30, `echo "$SLURMD_NODENAME $$" >>'${where}' && ${untilHolds(`[ -e '${gate}' ]`, 0.1)}`));
    const run = scene.start("--slots", "30:30");
    const pidsOn = (node: string): number[] => {
      const lines = readFileSync(where, "utf8").split("\n");
      return lines.flatMap((line) => (line.startsWith(`${node} `) ? [Number(line.slice(node.length))] : []));
    };
    await scene.until(() => scene.said("begun").length >= 24 && pidsOn("n1").length >= 3, "tasks to run on two nodes");
    // What ends a node may end tasks a moment before whoever reports on them.
    for (const pid of pidsOn("n1").slice(0, 3)) process.kill(pid, "SIGKILL");
    await pause(100);
    cluster.crash("n1");
    writeFileSync(gate, "");
    const { code, err } = await run.end;
    cluster.mend();
    assert.equal(code, 0, err);
    assert.equal(scene.said("ended").length, 30, "none completed twice");
    assert.ok(scene.said("begun").length > 30, "some began again");
  });

  test("Ctrl-C ends tasks on their nodes with all that they started, and the same command goes on", async (t) => {
    const scene = new Scene(t, cluster);
    const mark = join(scene.oracle, "..", "alive");
    scene.write([
      scene.task("long", `if [ -e '${mark}' ]; then true; else setsid sh -c '${linger(0.1, `date >>"${mark}"`)}' & sleep 60; fi`),
    ]);
    const run = scene.start("--slots", "1");
    await scene.until(() => existsSync(mark), "the task to run");
    process.kill(run.pid, "SIGINT");
    assert.equal((await run.end).code, 130);
    const size = readFileSync(mark).length;
    await pause(500);
    assert.equal(readFileSync(mark).length, size, "what had left its group has ended, too");
    assert.equal((await scene.start("--slots", "1").end).code, 0);
  });

  test("what Slurm refuses, or will never start, ends the run with what to do, and the job stays unfinished", async (t) => {
    const scene = new Scene(t, cluster);
    scene.write([scene.task("only")]);
    const refused = await scene.start("--partition", "nowhere").end;
    assert.deepEqual([refused.code, /Slurm refuses slots: .*partition/i.test(refused.err)], [3, true], refused.err);
    const never = await scene.start("--sbatch-arg=--hold").end;
    assert.deepEqual([never.code, /held .*scontrol release/.test(never.err)], [3, true], never.err);
    assert.equal((await scene.start().end).code, 0);
    assert.deepEqual(scene.said("ended"), ["only"]);
  });
});

test("without Slurm on this machine a run says so, and what to do", async (t) => {
  const place = temporaryPlace(t);
  const file = join(place.root, "job.json");
  writeFileSync(file, '[{"id": "a", "command": "true"}]');
  const child = spawn(process.execPath, [main, "run", file, "--dir", place.dir, "--engine", "slurm"], {
    env: { PATH: programsIn(place.root), HOME: place.root },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: LIMIT_MS,
  });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 3, err);
  assert.match(err, /no Slurm on this machine.*login node/);
});

/** A directory with what an engine needs of the system, and nothing of Slurm. */
function programsIn(root: string): string {
  const dir = join(root, "bin");
  mkdirSync(dir);
  const path = (process.env["PATH"] ?? "").split(":");
  for (const name of ["flock", "sh"])
    symlinkSync(
      path.map((each) => join(each, name)).find((each) => existsSync(each))!,
      join(dir, name),
    );
  return dir;
}
