import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { main } from "../cli/support/cli.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { missing, TestCluster } from "./cluster.js";
import { linger, untilHolds } from "../support/shell-loops.js";

/** No run of a test takes longer. */
const LIMIT_MS = 60_000;

interface End {
  readonly code: number | null;
  readonly err: string;
}

let cluster: TestCluster;

/** A place for a job whose tasks say in a file when they begin and end. */
class Scene {
  readonly #place;
  readonly oracle: string;
  readonly file: string;

  constructor(t: TestContext) {
    this.#place = temporaryPlace(t);
    this.oracle = join(this.#place.root, "oracle");
    this.file = join(this.#place.root, "job.json");
    writeFileSync(this.oracle, "");
  }

  /** A task that says its name, runs `script`, and says it again. */
  task(id: string, script = ":", more: object = {}): object {
    const words = `echo "$SLURMD_NODENAME" && echo begun ${id} >>'${this.oracle}' && ${script} && echo ended ${id} >>'${this.oracle}'`;
    return { id, command: "sh", args: ["-c", words], ...more };
  }

  write(tasks: readonly object[]): void {
    writeFileSync(this.file, JSON.stringify(tasks));
  }

  said(word: "begun" | "ended"): string[] {
    const lines = readFileSync(this.oracle, "utf8").split("\n");
    return lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  }

  /** A run on the cluster, with slots that end what they run within seconds when they are cut off. */
  start(...options: readonly string[]): { readonly pid: number; readonly end: Promise<End> } {
    const args = [
      "run",
      this.file,
      "--dir",
      this.#place.dir,
      "--engine",
      "slurm",
      "--lease",
      "3",
      "--grace-period",
      "1",
      ...options,
    ];
    const child = spawn(process.execPath, [main, ...args], {
      env: cluster.env,
      stdio: ["ignore", "ignore", "pipe"],
      timeout: LIMIT_MS,
    });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    return { pid: child.pid!, end: once(child, "close").then(([code]) => ({ code: code as number | null, err })) };
  }

  /** What a verb prints. */
  async ask(verb: string, ...words: readonly string[]): Promise<string> {
    const args = [main, verb, ...words, "--dir", this.#place.dir];
    const child = spawn(process.execPath, args, { env: cluster.env, stdio: ["ignore", "pipe", "inherit"], timeout: LIMIT_MS });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    await once(child, "close");
    return out;
  }

  async until(isTrue: () => boolean, what: string): Promise<void> {
    for (const deadline = Date.now() + LIMIT_MS; !isTrue(); await pause(20))
      assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
  }

  record(id: string): Record<string, unknown> {
    const text = readFileSync(join(this.#place.dir, "jobs", "job", "tasks.json"), "utf8");
    return (JSON.parse(text) as Record<string, unknown>[]).find((task) => task["id"] === id)!;
  }

  log(id: string): string {
    const path = join(this.#place.dir, "jobs", "job", String(this.record(id)["log"]));
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }
}

const many = (scene: Scene, count: number, script: string): object[] =>
  Array.from({ length: count }, (_, index) => scene.task(`t${index}`, script));

describe("on a Slurm cluster", { skip: missing }, () => {
  before(() => {
    cluster = new TestCluster();
  });
  after(() => cluster.end());

  test("a job runs on the nodes, in the order of its dependencies, with its logs, exit codes and what it took on record", async (t) => {
    const scene = new Scene(t);
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
    const scene = new Scene(t);
    scene.write(many(scene, 24, "sleep 0.5"));
    const killed = scene.start("--slots", "6");
    await scene.until(() => scene.said("ended").length >= 4, "the first tasks to end");
    process.kill(killed.pid, "SIGKILL");
    await killed.end;
    const { code, err } = await scene.start("--slots", "6").end;
    assert.equal(code, 0, err);
    assert.equal(scene.said("begun").length, 24, "each began once");
    assert.equal(new Set(scene.said("ended")).size, 24);
  });

  test("what ran on a node that is lost runs again, when its slots can't run any more", async (t) => {
    const scene = new Scene(t);
    const gate = `${scene.oracle}.go`;
    scene.write(many(scene, 30, untilHolds(`[ -e '${gate}' ]`, 0.1)));
    const run = scene.start("--slots", "30:30");
    await scene.until(() => scene.said("begun").length >= 24, "tasks to run on two nodes");
    cluster.crash("n1");
    writeFileSync(gate, "");
    const { code, err } = await run.end;
    cluster.mend();
    assert.equal(code, 0, err);
    assert.equal(scene.said("ended").length, 30, "none completed twice");
    assert.ok(scene.said("begun").length > 30, "some began again");
  });

  test("Ctrl-C ends tasks on their nodes with all that they started, and the same command goes on", async (t) => {
    const scene = new Scene(t);
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
    const scene = new Scene(t);
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
