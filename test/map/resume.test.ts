import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AirExecutor, listRuns, viewJob, viewPaths, type MapTask } from "../../src/index.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness } from "../support/witness.js";
import { Mapper, openGate } from "./mapper-process.js";
import { collect, mapPlace } from "./support.js";

const COUNT = 40;

test("a map killed with -9 goes on: what ended is not run again, and what ran is adopted and has its result", async (t) => {
  const place = temporaryPlace(t);
  const first = new Mapper(place, COUNT);
  // Four wait for the gate: nothing more can start.
  const stuck = (): string[] => {
    const seen = readWitness(place.witness);
    const ended = new Set(seen.flatMap(({ what, task }) => (what === "end" ? [task] : [])));
    return seen.flatMap(({ what, task }) => (what === "start" && !ended.has(task) ? [task] : []));
  };
  assert.ok(await waitUntil(() => stuck().length === 4 && first.lines.length === 12), `${first.lines.length} results`);
  const running = stuck();
  first.child.kill("SIGKILL");
  await once(first.child, "close");

  const second = new Mapper(place, COUNT);
  openGate(place);
  assert.deepEqual(await once(second.child, "close"), [0, null]);
  const given = new Map(second.lines.map((line) => [line.input, line]));
  assert.equal(given.size, COUNT - 12);
  for (const { input } of first.lines) assert.ok(!given.has(input), `${input} has a second result`);
  for (const task of running) {
    const line = given.get(Number(task.slice("task-".length)) - 1);
    assert.deepEqual([line?.status, line?.attempts], ["completed", 1]);
  }
  const seen = readWitness(place.witness);
  assert.equal(seen.length, 2 * COUNT, "each began once and ended once");
  assert.equal(new Set(seen.map(({ what, task }) => `${what} ${task}`)).size, 2 * COUNT);
  const { state, tasks } = viewJob(viewPaths(place.dir, "m"), "m", { withTasks: true });
  assert.equal(state?.["state"], "completed");
  assert.deepEqual(
    tasks?.map(({ id, status, attempts }) => [id, status, attempts]),
    Array.from({ length: COUNT }, (_, index) => [`task-${index + 1}`, "completed", 1]),
  );
});

test("who takes an unfinished map up without its input runs what is on record, and leaves the rest to the map", async (t) => {
  const place = temporaryPlace(t);
  const first = new Mapper(place, COUNT);
  assert.ok(await waitUntil(() => first.lines.length === 12));
  first.child.kill("SIGKILL");
  await once(first.child, "close");
  openGate(place);
  const warnings: string[] = [];
  const executor = await AirExecutor.open({ dir: place.dir, onWarning: (message) => void warnings.push(message) });
  t.after(() => executor.close());
  const summary = await (await executor.takeUp(join(place.dir, "jobs", "m"))).finished();
  const { total, completed } = summary.counts;
  assert.deepEqual([summary.state, summary.isInterrupted, completed], ["waiting", true, total]);
  assert.ok(total < COUNT);
  assert.match(warnings.join("\n"), /job "m": it is a map/);
  // Nobody holds it: adding is refused, cancelling ends it.
  await assert.rejects(executor.add("m", [{ id: "more", command: "true" }]), { code: "AIR_CONFLICT" });
  await executor.cancel("m");
  assert.equal(viewJob(viewPaths(place.dir, "m"), "m", { withTasks: true }).state?.["state"], "cancelled");
});

test("the error of a map that is gone on with says why its first task failed, also if that was before", async (t) => {
  const place = await mapPlace(t);
  const { executor, view, root } = place;
  const toTask = (input: string): MapTask => ({
    id: input,
    command: "sh",
    args: ["-c", input === "a" ? "exit 7" : `test -e ${join(root, "gate")} || exec sleep 60`],
  });
  const results = executor.map(["a", "b"], toTask, { name: "names" });
  await results.next();
  await results.return(undefined as never);
  openGate(place);
  await collect(executor.map(["a", "b"], toTask, { name: "names" }));
  const { state, error, first_failure } = view("names").state!;
  assert.deepEqual([state, error, first_failure], ["failed", 'task "a" failed: exit code 7', "a"]);
});

test("an unfinished task that is another one now is refused, and --fresh begins anew and keeps the earlier run whole", async (t) => {
  const place = await mapPlace(t);
  const { executor, view, dir, root, warnings } = place;
  const toTask = (input: string): MapTask => ({
    id: input,
    command: "sh",
    args: ["-c", `test -e ${join(root, "gate")} || exec sleep 60`],
  });
  const results = executor.map(["a", "b"], toTask, { name: "names" });
  const first = results.next();
  assert.ok(await waitUntil(() => view("names").counts?.running === 2));
  const closing = results.return(undefined as never);
  await executor.cancel("names", ["a"]);
  await first;
  await closing;
  assert.deepEqual(view("names").counts?.pending, 1);
  openGate(place);
  const other = (input: string): MapTask => ({ id: input, command: "true" });
  await assert.rejects(collect(executor.map(["b", "a"], other, { name: "names" })), { code: "AIR_CONFLICT" });
  assert.match(warnings.join("\n"), /its input failed \(input 1 of map "names": task "b" has not ended/);
  assert.equal(view("names").state?.["state"], "waiting", "what was on record has ended, and the input may come again");
  await assert.rejects(executor.run("names", []), { code: "AIR_CONFLICT" });
  const again = await collect(executor.map(["b", "a"], other, { name: "names", fresh: true }));
  assert.deepEqual(again.map(({ input }) => input).toSorted(), ["a", "b"]);
  const [run = ""] = listRuns(dir, "names");
  const kept = viewJob(viewPaths(dir, "names", { run }), "names", { withTasks: true });
  assert.deepEqual(
    kept.tasks?.map(({ id, status }) => [id, status]),
    [
      ["a", "cancelled"],
      ["b", "completed"],
    ],
  );
});

test("what is left of a map is run in the order of its input", async (t) => {
  const { executor, root } = await mapPlace(t, { concurrency: 1 });
  const ran = join(root, "ran");
  const inputs = Array.from({ length: 9 }, (_, index) => String(index));
  const toTask = (input: string): MapTask => ({ command: "sh", args: ["-c", `echo ${input} >> ${ran}`] });
  await collect(executor.map(inputs, toTask, { name: "left", halt: { when: "soon", ended: 3 } }));
  await collect(executor.map(inputs, toTask, { name: "left" }));
  assert.equal(readFileSync(ran, "utf8").trim().split("\n").join(" "), inputs.join(" "));
});

test("inputs with ids of their own may come again in another order", async (t) => {
  const { executor, view } = await mapPlace(t);
  const toTask = (id: string): MapTask => ({ id, command: "true" });
  function* broken(): Generator<string> {
    yield* ["a", "b", "c"];
    throw new Error("no more of it");
  }
  await assert.rejects(collect(executor.map(broken(), toTask, { name: "order" })), { message: "no more of it" });
  const rest = await collect(executor.map(["e", "c", "b", "d", "a"], toTask, { name: "order" }));
  assert.deepEqual(rest.map(({ input }) => input).toSorted(), ["d", "e"]);
  assert.deepEqual(
    view("order").tasks?.map(({ id }) => id),
    ["a", "b", "c", "e", "d"],
  );
});

test("other inputs are noticed also where all of their tasks have ended, and so are fewer; those that had ended are passed over, and told", async (t) => {
  const { executor, view } = await mapPlace(t);
  const toTask = (input: string): MapTask => ({ command: "echo", args: [input] });
  const given = async (inputs: readonly string[], isBroken = false): Promise<readonly string[][]> => {
    function* source(): Generator<string> {
      yield* inputs;
      if (isBroken) throw new Error("no more of it");
    }
    const passed: string[] = [];
    const options = { name: "same", onPassed: (input: string, index: number) => void passed.push(`${index} ${input}`) };
    const results = await collect(executor.map(source(), toTask, options));
    return [passed, results.map(({ input }) => input)];
  };
  await assert.rejects(given(["a", "b", "c"], true), { message: "no more of it" });
  assert.equal(view("same").counts?.completed, 3);
  const others = { code: "AIR_CONFLICT", message: /^input 3 of map "same": up to this one the inputs are not those .*--fresh/ };
  await assert.rejects(given(["a", "x", "c", "d"]), others);
  await assert.rejects(given(["b", "a", "c", "d"]), others);
  await assert.rejects(given(["a", "b"]), {
    code: "AIR_CONFLICT",
    message: /its input ends after 2, and 3 are on record: .*--fresh/,
  });
  assert.deepEqual([view("same").state?.["state"], view("same").counts?.total], ["waiting", 3], "nothing was run of them");
  assert.deepEqual(await given(["a", "b", "c", "d"]), [["0 a", "1 b", "2 c"], ["d"]]);
  assert.equal(view("same").state?.["state"], "completed");
});

test("with ids of their own inputs may be left out when they come again, and others under an id are noticed when all have come", async (t) => {
  const { executor, view } = await mapPlace(t);
  function* broken(): Generator<string> {
    yield* ["a", "b", "c"];
    throw new Error("no more of it");
  }
  const toTask = (id: string): MapTask => ({ id, command: "echo", args: [id] });
  const other = (id: string): MapTask => ({ id, command: "echo", args: [`${id}!`] });
  await assert.rejects(collect(executor.map(broken(), toTask, { name: "own" })));
  await assert.rejects(collect(executor.map(["c", "a", "b"], other, { name: "own" })), { code: "AIR_CONFLICT" });
  assert.deepEqual(
    (await collect(executor.map(["b", "d"], toTask, { name: "own" }))).map(({ input }) => input),
    ["d"],
  );
  assert.equal(view("own").state?.["state"], "completed");
});
