/** An installation that lacks a part of its own says so at once: nobody waits for it, and no job has failed. */

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { repository } from "../../packaging/compile-runner.js";
import { missingPart } from "../../src/system/look/missing-part.js";
import { follow, makePlayground, type Result } from "../cli/support/cli.js";
import { waitUntil } from "../support/wait-until.js";

/** What `npm install` makes, with one thing less. Gives what its command does with a verb. */
function installationWithout(t: TestContext, part: string): (...args: string[]) => Promise<Result> {
  const { dir, write } = makePlayground(t);
  const command = install(dir, part);
  write("job.json", [{ id: "a", command: "true" }]);
  return (...args) => follow(process.execPath, [command, ...args], dir, {}).ended;
}

/** Gives its command. */
function install(dir: string, part: string): string {
  const place = join(dir, "air-executor");
  const packages = join(place, "node_modules");
  mkdirSync(packages, { recursive: true });
  for (const name of readdirSync(join(repository, "node_modules"))) {
    if (join("node_modules", name) !== part) symlinkSync(join(repository, "node_modules", name), join(packages, name));
  }
  for (const name of ["package.json", "dist/bundle"]) cpSync(join(repository, name), join(place, name), { recursive: true });
  rmSync(join(place, part), { force: true });
  return join(place, "dist/bundle/air-executor.cjs");
}

const WAY_OUT = "this installation is not whole, install it again";

for (const part of ["node_modules/piscina", "dist/bundle/entry.cjs", "dist/bundle/core.cjs", "dist/bundle/run.cjs"]) {
  test(`without ${part} a run ends at once, and says what to do`, async (t) => {
    const { code, stdout, stderr } = await installationWithout(t, part)("run", "job.json");
    assert.deepEqual([code, stdout], [3, ""], stderr);
    assert.match(stderr, /^air-executor: [^\n]+\n$/);
    assert.ok(stderr.includes(part.slice(part.lastIndexOf("/") + 1)) && stderr.includes(WAY_OUT), stderr);
  });
}

for (const part of ["node_modules/piscina", "node_modules/pino", "dist/bundle/entry.cjs"]) {
  test(`without ${part} no manager comes up, and whoever starts it hears why`, async (t) => {
    const call = installationWithout(t, part);
    const { code, stderr } = await call("start");
    t.after(() => code === 0 && call("stop"));
    assert.equal(code, 3, stderr);
    assert.match(stderr, new RegExp(`^air-executor: [^\\n]+${part.slice(part.lastIndexOf("/") + 1)} is missing: ${WAY_OUT}\n$`));
  });
}

test("without package.json whoever needs it says so, and jobs run", async (t) => {
  const call = installationWithout(t, "package.json");
  assert.equal((await call("run", "job.json")).code, 0);
  for (const verb of ["--version", "start", "init"]) {
    const { code, stderr } = await call(verb);
    assert.deepEqual([code, stderr.includes(`package.json is missing: ${WAY_OUT}`)], [3, true], stderr);
  }
});

test("a package of which Node could not read for a moment what it is is loaded as soon as it can be", async (t) => {
  const { dir, write } = makePlayground(t);
  const command = install(dir, "node_modules/piscina");
  const part = join(dir, "air-executor/node_modules/piscina");
  cpSync(join(repository, "node_modules/piscina"), part, { recursive: true });
  const description = join(part, "package.json");
  renameSync(description, `${description}.good`);
  mkdirSync(description);
  const run = follow(process.execPath, [command, "run", write("job.json", [{ id: "a", command: "true" }])], dir, {});
  let told = "";
  run.process.stderr.on("data", (text: string) => (told += text));
  assert.ok(await waitUntil(() => told.includes("no thread could be started")));
  rmdirSync(description);
  renameSync(`${description}.good`, description);
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
});

test("without the template of its page a report says what to do", async (t) => {
  const call = installationWithout(t, "dist/bundle/page.html");
  assert.equal((await call("run", "job.json")).code, 0);
  const { code, stderr } = await call("report", "job");
  assert.deepEqual([code, stderr.includes(`bundle/page.html is missing: ${WAY_OUT}`)], [3, true], stderr);
});

test("a part that is there and could not be loaded is not said to be missing", () => {
  const here = import.meta.filename;
  const words = (name: string): Error => new Error(`Cannot find module '${name}'\nRequire stack:\n- ${here}`);
  for (const name of ["yargs", "@dagrejs/graphlib", here, "../../packaging/compile-runner.js"])
    assert.equal(missingPart(words(name)), null, name);
  assert.equal(missingPart(new Error("EMFILE: too many open files")), null);
  assert.equal(missingPart(new Error("Cannot find module 'yargs'")), null, "of whom?");
  for (const [name, told] of [
    ["no-such/part", "the package no-such"],
    ["@no/such/part", "the package @no/such"],
    ["./no-such.js", join(dirname(here), "no-such.js")],
  ] as const)
    assert.equal(missingPart(words(name))?.message, `${told} is missing: ${WAY_OUT}`);
});
