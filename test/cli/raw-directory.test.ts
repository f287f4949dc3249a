/** A current directory whose name is no UTF-8. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { follow, main, makePlayground, type Result } from "./support/cli.js";

const ENTER = `cd "$(printf 'd\\377r')"`;
const SKIP = { skip: process.platform !== "linux" && "names are UTF-8" };

interface RawPlace {
  readonly dir: string;
  /** Runs the command in there. */
  readonly run: (...args: string[]) => Promise<Result>;
}

function rawPlace(context: TestContext): RawPlace {
  const { dir, write } = makePlayground(context);
  execFileSync("sh", ["-c", `mkdir "$(printf 'd\\377r')"`], { cwd: dir });
  write("own.sh", "#!/bin/sh\npwd | od -An -c\n");
  chmodSync(join(dir, "own.sh"), 0o755);
  write("job.json", [
    { id: "a", command: "./own.sh" },
    { id: "b", command: "cat", stdin: "own.sh", dependencies: ["a"] },
  ]);
  execFileSync("sh", ["-c", `cp own.sh job.json "$(printf 'd\\377r')"`], { cwd: dir });
  const run: RawPlace["run"] = (...args) =>
    follow("sh", ["-c", `${ENTER} && exec "$@"`, "sh", process.execPath, main, ...args], dir, {}).ended;
  return { dir, run };
}

test("tasks run there, with the program and the files that lie there", SKIP, async (context) => {
  const { dir, run } = rawPlace(context);
  const { code, stderr } = await run("run", "job.json", "--dir", dir);
  assert.equal(code, 0, stderr);
  assert.match(readFileSync(join(dir, "jobs/job/logs/a.log"), "latin1").replaceAll(/\s+/g, ""), /d377r\\n$/);
  assert.equal(readFileSync(join(dir, "jobs/job/logs/b.log"), "utf8"), readFileSync(join(dir, "own.sh"), "utf8"));
  const bench = await run("bench", "job.json", "--dir", dir, "-j", "1", "--repeat", "1");
  assert.equal(bench.code, 0, bench.stderr);
  assert.equal((await run("submit", "job.json", "--dir", dir, "--name", "later")).code, 0);
  const later = await run("run", join(dir, "jobs/later"), "--dir", dir);
  assert.equal(later.code, 0, later.stderr);
});

test("jobs can't be kept there, which is said in a sentence, and nothing is made in another place", SKIP, async (context) => {
  const { dir, run } = rawPlace(context);
  for (const verb of [["run", "job.json"], ["submit", "job.json"], ["start"], ["bench", "job.json"], ["init"]]) {
    const { code, stderr } = await run(...verb);
    assert.equal(code, 3, `${verb.join(" ")}: ${stderr}`);
    assert.match(
      stderr,
      /^air-executor: "\/.*d\\udcffr.*" holds bytes that are no UTF-8, so no files of ours can be kept there: choose/m,
    );
  }
  const inside = execFileSync("sh", ["-c", `${ENTER} && ls -A`], { cwd: dir, encoding: "utf8" });
  assert.deepEqual([inside.split("\n").toSorted().join(" ").trim(), readdirSync(dir).length], ["job.json own.sh", 3]);
  assert.equal(existsSync(join(dir, ".air-executor")), false);
});
