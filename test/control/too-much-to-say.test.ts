import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ask } from "../../src/control/client.js";
import { ControlServer } from "../../src/control/server.js";
import { AirError } from "../../src/domain/errors.js";
import { temporaryPlace } from "../support/temporary-directory.js";

const REQUEST = { verb: "cancel", job: "j", tasks: null } as const;
const TOO_LONG = 65 * 1024 * 1024;

function listen(t: TestContext, answer: () => Promise<object>): { directory: string; server: ControlServer } {
  const directory = join(temporaryPlace(t).root, "control");
  mkdirSync(directory, { mode: 0o700 });
  const server = new ControlServer({ directory, answer, troubles: () => new Map(), onTrouble: assert.fail });
  server.listen();
  t.after(() => server.close());
  return { directory, server };
}

test("an answer that is too long is an error for whoever asked, and the engine goes on", async (t) => {
  const answers: object[] = [{ cancelled: ["x".repeat(TOO_LONG)] }, { cancelled: [] }];
  const { directory, server } = listen(t, async () => answers.shift()!);
  await assert.rejects(ask(directory, server.name, REQUEST), { code: "AIR_USAGE", message: /at most 64 MiB in one call/ });
  assert.deepEqual(await ask(directory, server.name, REQUEST), { ok: { cancelled: [] } });
});

test("an error with more faults than fit is told without them, and the engine goes on", async (t) => {
  const faults = [{ place: "here", message: "x".repeat(TOO_LONG) }];
  const errors = [new AirError("AIR_INVALID_JOB", "it is wrong", { faults })];
  const { directory, server } = listen(t, async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return { cancelled: [] };
  });
  await assert.rejects(ask(directory, server.name, REQUEST), { code: "AIR_INVALID_JOB", message: "it is wrong", faults: [] });
  assert.deepEqual(await ask(directory, server.name, REQUEST), { ok: { cancelled: [] } });
});
