import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readEnvironment } from "../../src/system/process/environments.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

const compiler = process.env["CC"] ?? "cc";
const skip =
  process.platform !== "linux"
    ? "only Linux tells of such processes so"
    : spawnSync(compiler, ["--version"]).status !== 0 && "there is no C compiler";

/** Its first thread ends, the other one goes on until its input ends. */
const HEADLESS = `#include <pthread.h>
#include <unistd.h>
static void *go_on(void *none) { char byte; read(0, &byte, 1); _exit(0); return none; }
int main(void) { pthread_t thread; pthread_create(&thread, NULL, go_on, NULL); pthread_exit(NULL); }
`;

test("a process whose first thread alone has ended is known by its environment", { skip }, async (t) => {
  const { root: dir } = temporaryPlace(t);
  writeFileSync(join(dir, "headless.c"), HEADLESS);
  execFileSync(compiler, ["-pthread", "-o", "headless", "headless.c"], { cwd: dir, stdio: ["ignore", "pipe", "inherit"] });
  const child = spawn(join(dir, "headless"), { env: { WHOSE: "ours" }, stdio: ["pipe", "ignore", "ignore"] });
  const pid = child.pid!;
  // Of what has ended there is nothing to read.
  assert.ok(await waitUntil(() => readEnvironmentOfFirst(pid) === ""));
  const look = readEnvironment(pid);
  assert.ok(look.answer === "yes" && look.found.includes("WHOSE=ours"), look.answer);
  child.stdin.end();
  await once(child, "exit");
  assert.equal(readEnvironment(pid).answer, "no");
});

function readEnvironmentOfFirst(pid: number): string {
  return spawnSync("cat", [`/proc/${pid}/environ`], { encoding: "utf8" }).stdout;
}
