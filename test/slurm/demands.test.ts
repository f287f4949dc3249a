/** What tasks and users ask of a cluster that it has little of, or not at all: clusters with devices and licences, or without room. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { untilHolds } from "../support/shell-loops.js";
import { missing, TestCluster } from "./cluster.js";
import { many, Scene } from "./scene.js";

const CONF = ["GresTypes=gpu,fpga", "NodeName=DEFAULT Gres=gpu:2,fpga:1", "Licenses=matlab:2", "JobSubmitPlugins=lua"].join("\n");
const GRES = "Name=gpu File=/dev/null,/dev/zero\nName=fpga Count=1\n";
/** What a controller with accounting refuses, with its numbers of Slurm's errors: that takes a database. */
const RULES = `
function slurm_job_submit(job)
  if job.account == "nobody" then return 2045 end
  if job.qos == "none" then return 2066 end
  local last = string.match(job.array_inx or "", "-(%d+)$")
  if job.account == "small" and last and tonumber(last) >= 3 then return 2050 end
  return slurm.SUCCESS
end
function slurm_job_modify() return slurm.SUCCESS end
return slurm.SUCCESS
`;

let cluster: TestCluster;

describe("on a Slurm cluster with devices and licences", { skip: missing }, () => {
  before(() => {
    cluster = new TestCluster({ conf: CONF, files: { "gres.conf": GRES, "job_submit.lua": RULES } });
  });
  after(() => cluster.end());

  describe("side by side", { concurrency: true }, () => {
    test("tasks of unlike demands run side by side, each in a slot of its kind", async (t) => {
      const scene = new Scene(t, cluster);
      const show = 'scontrol show job "$SLURM_JOB_ID" | grep -E "TresPerNode|MinMemoryNode|Licenses" | tr -d "\\n"';
      scene.write([
        scene.task("plain", 'test "${CUDA_VISIBLE_DEVICES:-none}" = none && test "$SLURM_CPUS_PER_TASK" = 1'),
        scene.task("gpu", 'test "$CUDA_VISIBLE_DEVICES" = 0,1', { resources: { gpu: 2 } }),
        scene.task("cpus", 'test "$SLURM_CPUS_PER_TASK" = 20 && test "$SLURM_MEM_PER_NODE" = 512', {
          resources: { cpu: 20, memory: "512MiB" },
        }),
        scene.task("fpga", show, { resources: { "gres.fpga": 1 } }),
        scene.task("licensed", show, { resources: { "license.matlab": 2 } }),
      ]);
      const { code, err } = await scene.start("--slots", "0:8").end;
      assert.equal(code, 0, err);
      assert.match(scene.log("fpga"), /TresPerNode=gres:fpga:1/);
      assert.match(scene.log("licensed"), /Licenses=matlab:2/);
    });

    test("what no node has, and a licence that is not there, end the run with Slurm's word and what to do", async (t) => {
      for (const [resources, words] of [
        [{ cpu: 100 }, /Slurm will not start the slots: .*\(PartitionConfig\)\. What to do: ask for less/],
        [{ "gres.fpga": 2 }, /Slurm refuses slots: .*Requested node configuration is not available/],
        [{ "license.nothing": 1 }, /Slurm refuses slots: .*Invalid license specification/],
      ] as const) {
        const scene = new Scene(t, cluster);
        scene.write([scene.task("fits"), scene.task("never", ":", { resources })]);
        const { code, err } = await scene.start("--slots", "0:4").end;
        assert.equal(code, 3, err);
        assert.match(err, words);
        assert.deepEqual(scene.said("ended"), ["fits"], "what fits runs all the same");
      }
    });

    test("a directory of jobs that the nodes don't see is told before the first task, with what to do", async (t) => {
      const scene = new Scene(t, cluster);
      scene.write([scene.task("only")]);
      const { code, err } = await scene.startUnshared("--slots", "3:3").end;
      assert.equal(code, 3, err);
      assert.match(err, /the directory of jobs must be on a file system that login node and nodes share/);
      assert.deepEqual(scene.said("begun"), []);
    });

    test("what Slurm refuses to an account or a QOS is told in its words, with what to do", async (t) => {
      for (const [option, words] of [
        [
          "--account=nobody",
          /Slurm refuses slots: Invalid account or account\/partition combination specified\. What to do: .*--account/,
        ],
        ["--qos=none", /Slurm refuses slots: Invalid qos specification\. What to do: .*--qos/],
      ] as const) {
        const scene = new Scene(t, cluster);
        scene.write([scene.task("only")]);
        const { code, err } = await scene.start(option).end;
        assert.equal(code, 3, err);
        assert.match(err, words);
      }
    });

    test("where Slurm takes fewer jobs at once than there could be slots it is asked for fewer", async (t) => {
      const scene = new Scene(t, cluster);
      scene.write(many(scene, 8, "sleep 0.2"));
      const { code, err } = await scene.start("--slots", "8:8", "--account", "small").end;
      assert.equal(code, 0, err);
    });

    test("a task that may take longer than a slot has left gets another one", async (t) => {
      const scene = new Scene(t, cluster);
      scene.write([scene.task("short"), scene.task("long", ":", { dependencies: ["short"], timeout: 595 })]);
      const { code, err } = await scene.start("--slots", "1:1", "--time", "10").end;
      assert.equal(code, 0, err);
      const [first, second] = ["short", "long"].map((id) => (scene.record(id)["ran_on"] as { slurm_job: string }).slurm_job);
      assert.notEqual(first, second);
    });

    test("a task that may take longer than any slot lives ends the run with what to do", async (t) => {
      const scene = new Scene(t, cluster);
      scene.env["SBATCH_TIMELIMIT"] = "5";
      scene.write([scene.task("short"), scene.task("long", ":", { dependencies: ["short"], timeout: 400 })]);
      const { code, err } = await scene.start("--slots", "1:1").end;
      assert.equal(code, 3, err);
      assert.match(err, /may take 400 s \(its timeout\), and Slurm ends slots after 300 s: give a longer --time/);
      assert.deepEqual(scene.said("ended"), ["short"]);
    });

    test("where Slurm has no room for more jobs a run waits, says why, and leaves nothing behind when it is stopped", async (t) => {
      const full = new TestCluster({ conf: "MaxJobCount=12" });
      t.after(() => full.end());
      const scene = new Scene(t, full);
      scene.write(many(scene, 6, ":"));
      full.submit("--array=0-8", "--hold");
      const run = scene.start("--slots", "4:4");
      await scene.until(() => /sbatch waits for Slurm's answer: .*unable to accept job/.test(run.said()), "a word of the wait");
      process.kill(run.pid, "SIGINT");
      const { code, err } = await run.end;
      assert.equal(code, 130, err);
      assert.equal(scene.slotDirectories().length, 0);
      assert.doesNotMatch(full.call("squeue", "-h", "-o", "%j"), /air-executor/);
    });
  });

  test("a controller that hangs is not noticed by tasks; who waits is told, also by status", async (t) => {
    const scene = new Scene(t, cluster);
    const gate = `${scene.oracle}.go`;
    scene.write([...many(scene, 4, untilHolds(`[ -e '${gate}' ]`, 0.1)), scene.task("wide", ":", { resources: { cpu: 2 } })]);
    const run = scene.start("--slots", "4:5");
    await scene.until(() => scene.said("begun").length >= 4, "the first tasks to run");
    cluster.signalController("SIGSTOP");
    t.after(() => cluster.signalController("SIGCONT"));
    await scene.until(
      () => /(?:sbatch|squeue) waits for Slurm's answer|Slurm does not answer/.test(run.said()),
      "a word of the wait",
    );
    writeFileSync(gate, "");
    await scene.until(() => scene.said("ended").length >= 4, "tasks to end without a controller");
    cluster.signalController("SIGCONT");
    const { code, err } = await run.end;
    assert.equal(code, 0, err);
    assert.equal(scene.said("begun").length, 5, "each began once");
  });

  test("while slots wait, status and progress say how many and why", async (t) => {
    const scene = new Scene(t, cluster);
    scene.write(many(scene, 2, ":"));
    const filler = cluster.submit("--exclusive", "--array=0-2");
    const taken = (): string[] =>
      cluster.call("squeue", "-h", "-r", "-t", "running", "-j", filler, "-o", "%i").trim().split("\n");
    await scene.until(() => taken().length === 3, "all nodes to be taken");
    const run = scene.start("--slots", "2:2");
    await scene.until(() => /slots: 0 run, 2 queued: .*\((?:Resources|Priority)\)/.test(run.said()), "progress to say so");
    let status = "";
    for (let looks = 0; looks < 50 && !status.includes("queued"); looks += 1) status = await scene.ask("status", "job");
    assert.match(status, /waits for.*slots: 0 run, 2 queued: .*\((?:Resources|Priority)\)/);
    cluster.call("scancel", filler);
    const { code, err } = await run.end;
    assert.equal(code, 0, err);
  });
});
