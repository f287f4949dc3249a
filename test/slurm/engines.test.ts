/** What an engine leaves when it is killed, and what it costs a controller while it lives. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { untilHolds } from "../support/shell-loops.js";
import { missing, TestCluster } from "./cluster.js";
import { many, Scene } from "./scene.js";

let cluster: TestCluster;

describe("engines on a Slurm cluster", { skip: missing }, () => {
  before(() => {
    cluster = new TestCluster();
  });
  after(() => cluster.end());

  describe("side by side", { concurrency: true }, () => {
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

    test("what runs on the cluster is refused by an engine without one, and ended there by a cancel", async (t) => {
      const scene = new Scene(t, cluster);
      const pidFile = `${scene.oracle}.pid`;
      scene.write([scene.task("long", `echo $$ >'${pidFile}' && sleep 60`)]);
      const killed = scene.start();
      await scene.until(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"), "the task to run");
      process.kill(killed.pid, "SIGKILL");
      await killed.end;
      const refused = JSON.parse(await scene.askUnseeing("run", scene.file, "--json")) as {
        error?: { code: string; message: string };
      };
      assert.equal(refused.error?.code, "AIR_CONFLICT", JSON.stringify(refused));
      assert.match(refused.error.message, /runs on a Slurm cluster.*--engine slurm/);
      assert.match(await scene.ask("status", "job"), /go on: air-executor run \S+ --engine slurm\n/);
      await scene.askUnseeing("cancel", "job", "--grace-period", "1");
      assert.equal(existsSync(`/proc/${readFileSync(pidFile, "utf8").trim()}`), false, "it has ended");
      const { tasks } = JSON.parse(await scene.ask("status", "job", "--json")) as {
        tasks: { status: string; attempts: number }[];
      };
      assert.deepEqual(
        tasks.map(({ status, attempts }) => [status, attempts]),
        [["cancelled", 1]],
      );
    });

    test("what a killed engine runs on the cluster is ended before its removed job begins anew", async (t) => {
      const scene = new Scene(t, cluster);
      const pids = `${scene.oracle}.pids`;
      scene.write([scene.task("long", `echo $$ >>'${pids}' && ${untilHolds(`[ -e '${scene.oracle}.go' ]`)}`)]);
      const killed = scene.start();
      await scene.until(() => existsSync(pids), "the task to run");
      process.kill(killed.pid, "SIGKILL");
      await killed.end;
      scene.removeJob();
      const next = scene.start();
      await scene.until(() => scene.said("begun").length === 2, "the task to run again");
      const [first = ""] = readFileSync(pids, "utf8").split("\n");
      assert.equal(existsSync(`/proc/${first}`), false, "the one before has ended");
      writeFileSync(`${scene.oracle}.go`, "");
      const { code, err } = await next.end;
      assert.equal(code, 0, err);
      assert.match(err, /slots of an engine that is gone \(1\), of which no record speaks, were ended first/);
      assert.deepEqual(scene.said("ended"), ["long"]);
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
      // The cluster has slots of other engines, too.
      const isQueued = (token: string): boolean => cluster.call("squeue", "-h", "-o", "%j").includes(`air-executor-${token}`);
      await scene.until(() => scene.slotDirectories().some(isQueued), "a slot to wait in the queue");
      process.kill(killed.pid, "SIGKILL");
      await killed.end;
      const [left = ""] = scene.slotDirectories();
      const { code, err } = await scene.start("--slots", "1").end;
      assert.equal(code, 0, err);
      assert.equal(scene.slotDirectories().includes(left), false);
      assert.equal(isQueued(left), false);
    });
  });

  test("idle slots of a killed engine don't keep the next one waiting for what they have", async (t) => {
    const scene = new Scene(t, cluster);
    const mark = `${scene.oracle}.mark`;
    scene.write([
      scene.task("only", `if [ -e '${mark}' ]; then true; else touch '${mark}'; exit 1; fi`, { retries: 1, retry_delay: 600 }),
    ]);
    const killed = scene.start("--slots", "66:66");
    const running = (): number => cluster.call("squeue", "-h", "-r", "-t", "running", "-o", "%i").trim().split("\n").length;
    await scene.until(() => scene.said("begun").length === 1 && running() === 66, "all of the cluster to be taken");
    await scene.until(() => scene.record("only")["status"] === "pending", "its attempt to be over");
    process.kill(killed.pid, "SIGKILL");
    await killed.end;
    const { code, err } = await scene.start("--slots", "1:1", "--fresh").end;
    assert.equal(code, 0, err);
  });
});
