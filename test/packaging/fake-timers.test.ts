import assert from "node:assert/strict";
import { test } from "node:test";
import type { AirExecutor as Executor } from "../../src/index.js";
import { temporaryPlace } from "../support/temporary-directory.js";

// What is shipped, not what it is made of.
const shipped = new URL("../../bundle/index.js", import.meta.url).href;
const { AirExecutor } = (await import(shipped)) as { AirExecutor: typeof Executor };

test("jobs and maps run in a program whose tests have put timers and clocks in the place of Node's that stand still", async (t) => {
  const { dir } = temporaryPlace(t);
  const real = Object.getOwnPropertyDescriptor(globalThis, "performance")!;
  Object.defineProperty(globalThis, "performance", { configurable: true, value: { now: () => 0 } });
  t.after(() => Object.defineProperty(globalThis, "performance", real));
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate"] });
  const executor = await AirExecutor.open({ dir });
  t.after(() => executor.close());
  const again = { id: "again", command: "sh", args: ["-c", 'test "$AIR_EXECUTOR_ATTEMPT" = 2'], retries: 1, retry_delay: 0.1 };
  assert.equal((await executor.run("job", [again])).state, "completed");
  const results: string[] = [];
  for await (const { status } of executor.map([1, 2], () => ({ command: "true" }), { delayMs: 10 })) results.push(status);
  assert.deepEqual(results, ["completed", "completed"]);
});
