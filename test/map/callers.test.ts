import assert from "node:assert/strict";
import { test } from "node:test";
import type { MapTask } from "../../src/index.js";
import { collect, mapPlace } from "./support.js";

const task = (): MapTask => ({ command: "true" });

function* failing(thrown: unknown): Generator<number> {
  yield 1;
  throw thrown;
}

const wordless = new Error("never read");
Object.defineProperty(wordless, "message", {
  get: () => {
    throw new Error("asked for words");
  },
});

for (const [what, thrown] of [
  ["what has no words", Object.create(null)],
  ["an error that throws when it is asked for its words", wordless],
  ["a symbol", Symbol("thrown")],
  ["undefined", undefined],
] as const) {
  test(`an input that throws ${what} ends its map with just that`, async (t) => {
    const { executor, warnings } = await mapPlace(t);
    let caught: unknown = "nothing";
    await collect(executor.map(failing(thrown), task, { name: "failing" })).catch((error: unknown) => (caught = error));
    assert.equal(caught, thrown);
    assert.match(warnings.join("\n"), /its input failed \(/, "there is a task that is run to its end first");
  });
}

test("what is told of a warning and throws stops no job and no map", async (t) => {
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown): void => void uncaught.push(error);
  const thrown = new Error("thrown by onWarning");
  const { executor } = await mapPlace(t, {
    onWarning: () => {
      throw thrown;
    },
  });
  process.setUncaughtExceptionCaptureCallback(onUncaught);
  t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  await assert.rejects(collect(executor.map(failing(new Error("the input's")), task)), { message: "the input's" });
  assert.deepEqual(uncaught, [thrown]);
});

test("a map whose onBegin throws is let go: the same call goes on with it", async (t) => {
  const { executor } = await mapPlace(t);
  const onBegin = (): void => {
    throw new Error("thrown by onBegin");
  };
  await assert.rejects(collect(executor.map([1, 2], task, { name: "begun", onBegin })), { message: "thrown by onBegin" });
  assert.equal((await collect(executor.map([1, 2], task, { name: "begun" }))).length, 2);
});

test("what is no iterator, and what gives no results, is an input that fails", async (t) => {
  const { executor } = await mapPlace(t);
  for (const iterator of [null, 5, { next: () => 5 }]) {
    const inputs = { [Symbol.iterator]: () => iterator } as unknown as Iterable<number>;
    await assert.rejects(collect(executor.map(inputs, task)), TypeError);
  }
});

test("a window of null is the usual one", async (t) => {
  const { executor } = await mapPlace(t);
  assert.equal((await collect(executor.map([1, 2], task, { window: null as never }))).length, 2);
});
