import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { AirError, type Job, type MapTask } from "../../src/index.js";
import { processesOf } from "../support/processes.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { collect, Counter, mapPlace } from "./support.js";

const echo = (input: unknown): MapTask => ({ command: "echo", args: [String(input)] });
const ascending = (one: number, other: number): number => one - other;
const tasksThatRun = (dir: string): unknown[] => processesOf(dir).filter(({ task }) => task !== undefined);
const shell = (text: string): MapTask => ({ command: "sh", args: ["-c", text] });

test("each input has its result, failed ones among them, and all are in the files in the order of the input", async (t) => {
  const { executor, view } = await mapPlace(t);
  const inputs = ["a", "b", "c", "d", "e", "f", "g"];
  const toTask = (input: string, index: number): MapTask => shell(`echo ${input}; ${index === 2 ? "exit 3" : ""}`);
  const results = await collect(executor.map(inputs, toTask, { name: "letters" }));
  results.sort((one, other) => one.index - other.index);
  assert.deepEqual(
    results.map(({ input, index, task }) => [input, index, task]),
    inputs.map((input, index) => [input, index, `task-${index + 1}`]),
  );
  assert.deepEqual(
    results.map(({ log }) => readFileSync(log!, "utf8")),
    inputs.map((input) => `${input}\n`),
  );
  const { status, exitCode, error, attempts } = results[2]!;
  assert.deepEqual({ status, exitCode, error, attempts }, { status: "failed", exitCode: 3, error: "exit code 3", attempts: 1 });
  const { state, tasks } = view("letters");
  assert.deepEqual([state?.["owner"], state?.["state"], state?.["first_failure"]], ["map", "failed", "task-3"]);
  assert.deepEqual(
    tasks?.map(({ id, status: its }) => [id, its]),
    inputs.map((_, index) => [`task-${index + 1}`, index === 2 ? "failed" : "completed"]),
  );
});

test("the iterator's return value is the summary, and a map of nothing has completed", async (t) => {
  const { executor, view } = await mapPlace(t);
  const end = await executor.map([], echo, { name: "nothing" }).next();
  assert.equal(end.done, true);
  assert.deepEqual([end.value.state, end.value.counts.total], ["completed", 0]);
  assert.deepEqual(view("nothing").tasks, []);
});

test("inputs may come late, be promises, and need time to become tasks; without a name the job gets one", async (t) => {
  const { executor, view } = await mapPlace(t);
  async function* late(): AsyncGenerator<number> {
    for (let input = 0; input < 5; input++) {
      await pause(2);
      yield input;
    }
  }
  const toTask = async (input: number): Promise<MapTask> => {
    await turn();
    return { ...echo(input), id: `number ${input}` };
  };
  const results = await collect(executor.map(late(), toTask));
  assert.deepEqual(
    results.map(({ task }) => task).toSorted(),
    [0, 1, 2, 3, 4].map((input) => `number ${input}`),
  );
  const promised = await collect(executor.map([Promise.resolve(1), Promise.resolve(2)], echo, { name: "promised" }));
  assert.deepEqual(promised.map(({ input }) => input).toSorted(ascending), [1, 2]);
  assert.equal(view("promised").state?.["state"], "completed");
});

test("a reader that doesn't read stops the pull: never more inputs than results read and the window", async (t) => {
  const { executor, dir } = await mapPlace(t);
  const inputs = new Counter();
  const results = executor.map(inputs, echo, { name: "slow", window: 5 });
  assert.equal(inputs.pulled, 0, "nothing begins before a result is asked for");
  for (let read = 1; read <= 30; read++) {
    await results.next();
    assert.ok(inputs.pulled <= read + 5, `${inputs.pulled} pulled, ${read} read`);
  }
  // Left alone until nothing is under way any more.
  assert.ok(await waitUntil(() => inputs.pulled === 35 && tasksThatRun(dir).length === 0));
  await pause(50);
  assert.equal(inputs.pulled, 35);
  await results.return(undefined as never);
});

test("tasks that don't end stop the pull as well", async (t) => {
  const { executor, witness } = await mapPlace(t);
  const inputs = new Counter();
  const results = executor.map(inputs, () => witnessed(witness, "sleep 60"), { window: 3 });
  const first = results.next();
  assert.ok(await waitUntil(() => readWitness(witness).length === 2));
  assert.equal(inputs.pulled, 3);
  await executor.stop();
  assert.equal((await first).done, true);
});

test("who leaves early stops what runs; the job stays unfinished, and the same call goes on with it", async (t) => {
  const { executor, view, dir, root } = await mapPlace(t);
  const gate = join(root, "gate");
  const toTask = (input: number): MapTask => shell(input < 3 ? "true" : `test -e ${gate} || exec sleep 60`);
  const inputs = new Counter();
  let read = 0;
  for await (const { status } of executor.map(inputs, toTask, { name: "left" })) {
    assert.equal(status, "completed");
    if (++read === 3) break;
  }
  assert.equal(inputs.isClosed, true);
  assert.deepEqual(tasksThatRun(dir), []);
  const { state, tasks, counts } = view("left");
  assert.deepEqual([state?.["state"], counts?.completed, counts?.running], ["waiting", 3, 0]);
  assert.equal(tasks?.length, counts?.total);
  writeFileSync(gate, "");
  const numbers = Array.from({ length: inputs.pulled }, (_, number) => number);
  const rest = await collect(executor.map(numbers, toTask, { name: "left" }));
  assert.deepEqual(rest.map(({ input }) => input).toSorted(ascending), numbers.slice(3));
  const ended = view("left");
  assert.deepEqual([ended.state?.["state"], ended.counts?.completed], ["completed", numbers.length]);
  assert.deepEqual(
    ended.tasks?.map(({ id }) => id),
    numbers.map((number) => `task-${number + 1}`),
  );
});

test("an error of the input comes behind the results of what was pulled, and leaves the job unfinished", async (t) => {
  const { executor, view } = await mapPlace(t);
  function* broken(): Generator<number> {
    yield 0;
    yield 1;
    throw new Error("no more of it");
  }
  const read: number[] = [];
  const reading = (async (): Promise<void> => {
    for await (const { input } of executor.map(broken(), echo, { name: "broken" })) read.push(input);
  })();
  await assert.rejects(reading, { message: "no more of it" });
  assert.deepEqual(read.toSorted(ascending), [0, 1]);
  assert.deepEqual([view("broken").state?.["state"], view("broken").counts?.completed], ["waiting", 2]);
  // The same input, whole this time.
  const rest = await collect(executor.map([0, 1, 2], echo, { name: "broken" }));
  assert.deepEqual(
    rest.map(({ input, task }) => [input, task]),
    [[2, "task-3"]],
  );
  const { state, tasks } = view("broken");
  assert.deepEqual([state?.["state"], tasks?.map(({ attempts }) => attempts)], ["completed", [1, 1, 1]]);
});

test("tasks that make no sense are refused with their input, and so are dependencies and ids that were there", async (t) => {
  const { executor } = await mapPlace(t);
  const refusals: readonly [MapTask, RegExp][] = [
    [{ command: "" }, /the task of input 3 of map "faulty-0"/],
    [{ command: "true", dependencies: ["task-1"] } as MapTask, /the task of input 3 of map "faulty-1"/],
    [{ command: "true", id: "task-1" }, /input 3 of map "faulty-2": task "task-1" is there already/],
    [{ command: "true", id: "task-2" }, /input 3 of map "faulty-3": task "task-2" is there already/],
  ];
  for (const [index, [task, message]] of refusals.entries()) {
    const inputs = new Counter();
    const results = executor.map(inputs, (input) => (input === 2 ? task : echo(input)), { name: `faulty-${index}` });
    await assert.rejects(collect(results), (error) => {
      assert.ok(error instanceof AirError);
      assert.equal(error.code, "AIR_INVALID_JOB");
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual([inputs.pulled, inputs.isClosed], [3, true]);
  }
});

test("retries and timeouts hold for the tasks of a map", async (t) => {
  const { executor } = await mapPlace(t);
  const flaky = shell('test "$AIR_EXECUTOR_ATTEMPT" = 2');
  const [first, second] = await collect(
    executor.map(
      [
        { ...flaky, retries: 1 },
        { ...shell("exec sleep 60"), timeout: 0.05 },
      ],
      (task) => task,
      { name: "tries" },
    ),
  );
  const byIndex = [first!, second!].toSorted((one, other) => one.index - other.index);
  assert.deepEqual(
    byIndex.map(({ status, attempts, error }) => [status, attempts, error]),
    [
      ["completed", 2, null],
      ["failed", 1, "timed out after 0.05 s"],
    ],
  );
});

test("a map that is cancelled ends, and what ran has a result that says so", async (t) => {
  const { executor, view, dir, witness } = await mapPlace(t);
  const results = executor.map(new Counter(), () => witnessed(witness, "sleep 60"), { name: "cancelled" });
  const first = results.next();
  assert.ok(await waitUntil(() => readWitness(witness).length === 2));
  await executor.cancel("cancelled");
  const rest = [await first, ...(await collect(results)).map((value) => ({ done: false, value }))];
  assert.ok(rest.length >= 2);
  for (const { value } of rest) assert.equal((value as { status: string }).status, "cancelled");
  assert.deepEqual(tasksThatRun(dir), []);
  const { state, counts } = view("cancelled");
  assert.deepEqual([state?.["state"], counts?.cancelled], ["cancelled", counts?.total]);
});

test("while a map runs its state is right, its tasks are those that have not ended, and nothing is added to it", async (t) => {
  const { executor, view, witness } = await mapPlace(t);
  const toTask = (input: number): MapTask => (input < 20 ? echo(input) : witnessed(witness, "sleep 60"));
  const results = executor.map(new Counter(), toTask, { name: "running", window: 4 });
  for (let read = 0; read < 20; read++) await results.next();
  const stuck = results.next();
  assert.ok(await waitUntil(() => view("running").counts?.running === 2 && view("running").counts?.completed === 20));
  assert.ok(await waitUntil(() => view("running").tasks?.length === 4));
  await assert.rejects(executor.add("running", [{ id: "more", command: "true" }]), { code: "AIR_CONFLICT" });
  await assert.rejects(executor.retry("running"), { code: "AIR_CONFLICT" });
  await executor.cancel("running", ["task-21"]);
  const { value } = await stuck;
  assert.equal("task" in value && value.task, "task-21");
  await results.return(undefined as never);
  assert.equal(view("running").tasks?.length, view("running").counts?.total);
});

test("tasks of a running map are cancelled also where one that is named has ended: that stays as it is", async (t) => {
  const { executor, witness } = await mapPlace(t);
  let job: Job | null = null;
  const toTask = (input: number): MapTask => (input === 0 ? echo(input) : witnessed(witness, "sleep 60"));
  const results = executor.map([0, 1, 2], toTask, { name: "some", onBegin: (begun) => (job = begun) });
  assert.equal(((await results.next()).value as { task: string }).task, "task-1");
  const map = job as unknown as Job;
  await assert.rejects(map.cancel(["task-2", "task-9"]), { code: "AIR_NOT_FOUND" });
  await map.cancel(["task-1", "task-2"]);
  await map.cancel(["task-2", "task-3"]);
  const rest = await collect(results);
  assert.deepEqual(rest.map(({ task, status }) => `${task} ${status}`).toSorted(), ["task-2 cancelled", "task-3 cancelled"]);
  assert.equal(map.status().counts.completed, 1);
  await map.cancel(["task-1"]);
});

test("what others write into the tasks.json of a running map is kept aside, and all its own tasks are there at the end", async (t) => {
  const { executor, view, warnings, dir, root } = await mapPlace(t);
  const gate = join(root, "gate");
  const toTask = (): MapTask => shell(`while ! test -e ${gate}; do sleep 0.01; done`);
  const results = collect(executor.map([0, 1, 2], toTask, { name: "foreign" }));
  assert.ok(await waitUntil(() => view("foreign").tasks?.length === 3));
  writeFileSync(join(dir, "jobs", "foreign", "tasks.json"), '[{"id": "mine", "command": "true"}]');
  writeFileSync(gate, "");
  assert.equal((await results).length, 3);
  assert.deepEqual(
    view("foreign").tasks?.map(({ id, status }) => `${id} ${status}`),
    ["task-1 completed", "task-2 completed", "task-3 completed"],
  );
  assert.match(readFileSync(join(dir, "jobs", "foreign", "tasks.json.rejected"), "utf8"), /"mine"/);
  assert.match(warnings.join("\n"), /tasks.json was written while the map ran/);
});

test("an input that never answers keeps nobody who leaves: it is told to end, and not waited for", async (t) => {
  const { executor, view } = await mapPlace(t);
  let isClosed = false;
  const silent: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => {
      let next = 0;
      return {
        next: () => (next === 2 ? new Promise(() => {}) : Promise.resolve({ done: false, value: next++ })),
        return: () => {
          isClosed = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
  const results = executor.map(silent, echo, { name: "silent" });
  await results.next();
  await results.next();
  await results.return(undefined as never);
  assert.deepEqual([isClosed, view("silent").state?.["state"]], [true, "waiting"]);
});

test("a text is mapped character by character", async (t) => {
  const { executor } = await mapPlace(t);
  const results = await collect(executor.map("abc", echo));
  assert.deepEqual(results.map(({ input }) => input).toSorted(), ["a", "b", "c"]);
});

test("what can't be mapped is refused before anything is opened", async (t) => {
  const { executor, dir } = await mapPlace(t);
  for (const inputs of [undefined, null, 5, {}, { [Symbol.iterator]: 5 }]) {
    const expected = { code: "AIR_USAGE", message: /^inputs: expected an iterable or an async iterable, got / };
    assert.throws(() => executor.map(inputs as unknown as number[], echo, { name: "none" }), expected);
  }
  const expected = { code: "AIR_USAGE", message: "toTask: expected a function, got undefined" };
  assert.throws(() => executor.map([1], undefined as unknown as typeof echo, { name: "none" }), expected);
  assert.equal(existsSync(join(dir, "jobs/none")), false);
});

test("an input that throws when it is asked to begin leaves the job unfinished, and nothing held", async (t) => {
  const { executor, view } = await mapPlace(t);
  const broken: Iterable<number> = {
    [Symbol.iterator]: () => {
      throw new Error("nothing of it");
    },
  };
  await assert.rejects(collect(executor.map(broken, echo, { name: "broken" })), { message: "nothing of it" });
  assert.deepEqual([view("broken").state?.["state"], view("broken").counts?.total], ["waiting", 0]);
  assert.equal((await collect(executor.map([1], echo, { name: "broken" }))).length, 1);
  assert.equal(view("broken").state?.["state"], "completed");
});

test("a map that has ended is a job like any other: what failed is retried", async (t) => {
  const { executor, view, witness } = await mapPlace(t);
  const toTask = (input: number): MapTask => (input === 1 ? shell(`test -e ${witness}`) : echo(input));
  await collect(executor.map([0, 1, 2], toTask, { name: "again" }));
  await collect(executor.map(["done"], () => witnessed(witness, "true"), { name: "witness" }));
  const { tasks, job } = await executor.retry("again");
  assert.deepEqual(tasks, ["task-2"]);
  assert.equal((await job!.finished()).state, "completed");
  assert.deepEqual(
    view("again").tasks?.map(({ attempts }) => attempts),
    [1, 2, 1],
  );
  // Ended, so a new run begins.
  assert.equal((await collect(executor.map([0, 1, 2], toTask, { name: "again" }))).length, 3);
});

test("names of other unfinished jobs, closed executors and options that make no sense are refused", async (t) => {
  const { executor } = await mapPlace(t);
  await executor.submit("taken", [{ id: "long", command: "sleep", args: ["60"] }]);
  await assert.rejects(collect(executor.map([1], echo, { name: "taken" })), { code: "AIR_LOCKED" });
  for (const options of [
    { window: 0 },
    { concurrency: 1.5 },
    { concurrency: Symbol("many") as never },
    { delayMs: Symbol("long") as never },
    { maxFailures: -1 },
    { delayMs: -1 },
    { halt: { when: "soon", failed: 0 } as const },
    { halt: { when: "later" } as never },
    { halt: { when: "now" } as const },
    { halt: { when: "now", failures: 1 } as never },
    { halt: { when: "now", failed: 1 } as const, maxFailures: 1 },
    { pools: { licence: 0 } },
    { resources: { gpu: 0.5 } },
    { resources: { memory: "4GBs" } },
  ]) {
    assert.throws(() => executor.map([1], echo, options), { code: "AIR_USAGE" });
  }
  await assert.rejects(collect(executor.map([1], echo, { name: "../up" })), { code: "AIR_USAGE" });
  await executor.close();
  await assert.rejects(collect(executor.map([1], echo, { name: "late" })), { code: "AIR_CLOSED" });
});

test("a map has pools of its own, and what its tasks take unless they say otherwise", async (t) => {
  const { executor, view, dir } = await mapPlace(t, { concurrency: 4 });
  const script = 'mkdir "$0" && sleep 0.1 && rmdir "$0"';
  const alone = (): MapTask => ({ command: "sh", args: ["-c", script, join(dir, "alone")] });
  const toTask = (input: number): MapTask => (input < 4 ? alone() : { ...alone(), args: ["-c", "true"], resources: {} });
  const options = { name: "pooled", pools: { licence: 1 }, resources: { licence: 1 } };
  const results = await collect(executor.map([0, 1, 2, 3, 4], toTask, options));
  assert.deepEqual([...new Set(results.map(({ status }) => status))], ["completed"], "one at a time");
  const { state, tasks } = view("pooled");
  assert.deepEqual(state?.["pools"], { licence: 1 });
  assert.deepEqual(
    tasks?.map(({ resources }) => resources),
    [...Array.from({ length: 4 }, () => ({ licence: 1 })), undefined],
  );
});

test("a task that takes longer than anything may there is refused, also behind others", async (t) => {
  const { executor } = await mapPlace(t, { longestMs: 60_000 });
  const toTask = (input: number): MapTask => ({ ...echo(input), timeout: input });
  await assert.rejects(collect(executor.map([1, 1, 120], toTask)), (error: AirError) => {
    assert.match(error.faults[0]!.message, /its timeout is 120 s/);
    return true;
  });
});

test("what no task of a map could have is refused before anything is made", async (t) => {
  const { executor, dir } = await mapPlace(t);
  for (const [options, message] of [
    [{ resources: { licnce: 1 }, pools: { licence: 1 } }, /licnce.*did you mean `licence`/],
    [{ resources: { cpu: 9 } }, /it takes 9 of cpu, and there is only 2/],
  ] as const)
    await assert.rejects(collect(executor.map([1], echo, { name: "never", ...options })), (error: AirError) => {
      assert.equal(error.code, "AIR_INVALID_JOB");
      assert.match(error.faults[0]!.message, message);
      return true;
    });
  assert.equal(existsSync(join(dir, "jobs", "never")), false);
});
