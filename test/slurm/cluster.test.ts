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

  describe("side by side", { concurrency: true }, () => {
    test("a job runs on the nodes, in the order of its dependencies, with its logs, exit codes and what it took on record", async (t) => {
      const scene = new Scene(t, cluster);
      scene.write([
        scene.task("first"),
        scene.task("bad", "exit 137", { dependencies: ["first"] }),
        scene.task("killed", "kill -9 $$", { dependencies: ["first"], on_lost: "fail" }),
        scene.task("last", ":", { dependencies: ["bad"], trigger_rule: "all_done" }),
        { id: "missing", command: "no-such-program" },
        scene.task("inside", 'test -e "$AIR_EXECUTOR_DIR/jobs/$AIR_EXECUTOR_JOB/lock"'),
        scene.task("large", 'test "$SLURM_CPUS_PER_TASK" = 3', { resources: { cpu: 3 } }),
      ]);
      const { code, err } = await scene.start("--slots", "4").end;
      assert.equal(code, 1, err);
      assert.deepEqual(scene.said("ended").toSorted(), ["first", "inside", "large", "last"]);
      assert.equal(scene.record("bad")["exit_code"], 137);
      assert.equal(scene.record("killed")["signal"], "SIGKILL");
      assert.match(
        String(scene.record("missing")["error"]),
        /^on n[123]: command not found: "no-such-program" \(looked for on PATH\)/,
      );
      assert.match(scene.log("first"), /^n[123]\n$/);
      const ranOn = scene.record("first")["ran_on"] as { node: string; slurm_job: string };
      assert.equal(`${ranOn.node}\n`, scene.log("first"));
      assert.match(ranOn.slurm_job, /^\d+_\d+$/);
      assert.match(await scene.ask("why", "job", "first"), new RegExp(`on ${ranOn.node} in job ${ranOn.slurm_job} of Slurm`));
      assert.match(await scene.ask("logs", "job", "first"), /^n[123]\n$/);
      assert.ok((scene.record("first")["usage"] as { max_rss_kb: number }).max_rss_kb > 0);
    });

    test("tasks find the environment of who ran the job byte for byte", async (t) => {
      const scene = new Scene(t, cluster);
      scene.write([scene.task("raw", 'printf %s "$RAW" | od -An -tx1')]);
      const { code, err } = await scene.startWithBytes("--slots", "1").end;
      assert.equal(code, 0, err);
      assert.match(scene.log("raw"), /61 ff 62/);
    });

    test("Ctrl-C ends tasks on their nodes with all that they started, and the same command goes on", async (t) => {
      const scene = new Scene(t, cluster);
      const mark = join(scene.oracle, "..", "alive");
      scene.write([
        scene.task(
          "long",
          `if [ -e '${mark}' ]; then true; else setsid sh -c '${linger(0.1, `date >>"${mark}"`)}' & sleep 60; fi`,
        ),
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
    // What ends a node may end tasks a moment before whoever reports on them. The engine hears all of it together, however long that takes here.
    process.kill(run.pid, "SIGSTOP");
    cluster.crash("n1", pidsOn("n1").slice(0, 3));
    process.kill(run.pid, "SIGCONT");
    writeFileSync(gate, "");
    const { code, err } = await run.end;
    cluster.mend();
    assert.equal(code, 0, err);
    assert.equal(scene.said("ended").length, 30, "none completed twice");
    assert.ok(scene.said("begun").length > 30, "some began again");
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
