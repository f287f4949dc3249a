/** Whoever speaks at a control socket, or doesn't: neither an engine nor a verb waits for that for ever. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { AirError } from "../../src/domain/errors.js";
import { ask } from "../../src/control/client.js";
import { ControlServer } from "../../src/control/server.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

const REQUEST = { verb: "cancel", job: "j", tasks: null } as const;
const NAME = "1-0a.sock";
const WITHOUT_PROC = process.platform !== "linux" && "needs /proc";

function place(t: TestContext): string {
  const directory = join(temporaryPlace(t).root, "control");
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

function listen(t: TestContext): { path: string; directory: string; server: ControlServer } {
  const directory = place(t);
  const answer = async (): Promise<object> => ({ cancelled: [] });
  const server = new ControlServer({ directory, answer, troubles: () => new Map(), onTrouble: assert.fail });
  server.listen();
  t.after(() => server.close());
  return { directory, server, path: join(directory, server.name) };
}

/** Something in the place of an engine. */
async function pretend(t: TestContext, speak: (connection: Socket) => void): Promise<string> {
  const directory = place(t);
  const server = createServer((connection) => speak(connection.on("error", () => {})));
  server.listen(join(directory, NAME));
  await once(server, "listening");
  t.after(() => server.close());
  return directory;
}

async function connected(t: TestContext, path: string): Promise<Socket> {
  const socket = connect(path)
    .resume()
    .on("error", () => {});
  t.after(() => socket.destroy());
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
  return socket;
}

test("what is no answer counts as none, whatever it is instead", async (t) => {
  const answers = ["null", '{"error":null}', '{"error":5}', '{"error":{}}', '{"ok":5}', '{"ok":null}', '{"ok":{"canc', "\0\xff"];
  for (const answer of answers) {
    const directory = await pretend(t, (connection) => connection.end(answer));
    assert.equal(await ask(directory, NAME, REQUEST), null, answer);
  }
});

test("an answer that comes in drops is not waited for without end", async (t) => {
  const directory = await pretend(t, (connection) => {
    const timer = setInterval(() => connection.write(" "), 20);
    connection.on("close", () => clearInterval(timer));
    t.after(() => clearInterval(timer));
  });
  const explain = { verb: "explain", job: "j" } as const;
  for (const [request, mayBeDone] of [
    [REQUEST, true],
    [explain, false],
  ] as const) {
    const error = await ask(directory, NAME, request, { answerMs: 500 }).catch((thrown: AirError) => thrown);
    assert.ok(error instanceof AirError && error.code === "AIR_LOCKED");
    assert.equal(error.message.includes("may still do what was asked"), mayBeDone, error.message);
  }
});

test("a client that goes away before it has asked leaves no handle behind", { skip: WITHOUT_PROC }, async (t) => {
  const { path } = listen(t);
  const sockets = (): number => readdirSync("/proc/self/fd").filter(isSocket).length;
  const before = sockets();
  const clients = await Promise.all(Array.from({ length: 20 }, () => connected(t, path)));
  clients.forEach((client, index) => (index % 2 === 0 ? client.destroy() : client.end('{"verb":"canc')));
  assert.ok(await waitUntil(() => sockets() <= before, 3_000), `${sockets()} sockets, ${before} before`);
});

test("clients that never speak take few handles of an engine, and let others in after a while", async (t) => {
  const { path, directory, server } = listen(t);
  const silent = await Promise.all(Array.from({ length: 300 }, () => connected(t, path)));
  assert.ok(await waitUntil(() => silent.filter(({ closed }) => !closed).length <= 64), "all are kept");
  const answer = { ok: { cancelled: [] } };
  for (let tries = 0; tries < 200 && (await ask(directory, server.name, REQUEST)) === null; tries += 1) await pause(50);
  assert.deepEqual(await ask(directory, server.name, REQUEST), answer);
});

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("socket:");
  } catch {
    return false;
  }
}
