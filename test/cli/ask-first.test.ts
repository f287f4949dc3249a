import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { takeLock } from "../../src/system/lock/lock.js";
import { follow, main, makePlayground, type Playground } from "./support/cli.js";

const SOCKET = `${process.pid}-00000000000a.sock`;

/** A job that this process holds, which answers as an engine would, and what it saw when it was asked. */
async function holdJob(
  context: TestContext,
  { dir }: Playground,
  answer: object,
): Promise<{ asked: unknown[]; release: () => void }> {
  const base = join(dir, ".air-executor");
  const job = join(base, "jobs/held");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  mkdirSync(join(base, "control"), { mode: 0o700 });
  writeFileSync(join(job, "state.json"), JSON.stringify({ id: "held-1", name: "held", state: "working", owner: "run" }));
  writeFileSync(join(job, "tasks.json"), "[]");
  const asked: unknown[] = [];
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connection.on("data", (line) => {
      asked.push({ ...(JSON.parse(line.toString()) as object), sockets: readdirSync(join(base, "control")).length });
      connection.end(`${JSON.stringify({ ok: answer })}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(join(base, "control", SOCKET), resolve));
  context.after(() => server.close());
  const lock = await takeLock(join(job, "lock"), "the job", SOCKET);
  let release = (): void => {
    release = () => {};
    lock.release();
  };
  context.after(() => release());
  return { asked, release: () => release() };
}

test("cancel asks whoever holds the job, and makes no engine of its own for that", async (context) => {
  const playground = makePlayground(context);
  const { asked } = await holdJob(context, playground, { cancelled: ["a"] });
  const { code, stderr } = await playground.run(["cancel", "held", "a"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /1 task of job held cancelled/);
  assert.deepEqual(asked, [{ verb: "cancel", job: "held", tasks: ["a"], sockets: 1 }]);
});

test("from another container, too, where its pid means nothing", async (context) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return context.skip("needs root, for a pid namespace of its own");
  const playground = makePlayground(context);
  const { asked } = await holdJob(context, playground, { cancelled: ["a"] });
  const inside = ["--pid", "--fork", "--mount-proc", process.execPath, main, "cancel", "held", "a"];
  const { code, stderr } = await follow("unshare", inside, playground.dir, {}).ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(asked, [{ verb: "cancel", job: "held", tasks: ["a"], sockets: 1 }]);
});

test("so do add and retry", async (context) => {
  const playground = makePlayground(context);
  const { asked } = await holdJob(context, playground, { added: ["b"], present: [], tasks: ["c"] });
  const added = await playground.run(["add", "held", "--id", "b", "--after", "a", "--", "true"]);
  assert.match(added.stderr, /^1 task added to job held\n$/);
  const retried = await playground.run(["retry", "held", "c"]);
  assert.match(retried.stderr, /^held: 1 task runs again where the job runs\n$/);
  assert.deepEqual(asked, [
    { verb: "add", job: "held", tasks: [{ id: "b", command: "true", args: [], dependencies: ["a"] }], sockets: 1 },
    { verb: "retry", job: "held", tasks: ["c"], from: null, sockets: 1 },
  ]);
});

test("rm has whoever holds the job end it, and removes it when he has let go", async (context) => {
  const playground = makePlayground(context);
  const { asked, release } = await holdJob(context, playground, { cancelled: [] });
  const removing = playground.start(["rm", "held"]);
  for (let round = 0; asked.length === 0 && round < 3000; round++) await new Promise((resolve) => setTimeout(resolve, 10));
  release();
  const { code, stderr } = await removing.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(asked[0], { verb: "cancel", job: "held", tasks: null, sockets: 1 });
  assert.deepEqual(readdirSync(join(playground.dir, ".air-executor/jobs")), []);
});
