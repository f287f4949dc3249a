import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { follow, main, makePlayground, type Playground } from "./support/cli.js";

const helper = fileURLToPath(new URL("../../../test/cli/support/type-keys.py", import.meta.url));
const isInstalled = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

/** A directory with a job that has run, and the command on the path. */
async function workshop(t: TestContext): Promise<Playground & { readonly env: NodeJS.ProcessEnv }> {
  const place = makePlayground(t);
  place.write("nightly.json", [
    { id: "fetch-data", command: "true" },
    { id: "fold it", command: "true" },
  ]);
  const bin = join(place.dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "air-executor"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(bin, "air-executor"), 0o755);
  assert.equal((await place.run(["run", "-q", "nightly.json"])).code, 0);
  return { ...place, env: { HOME: place.dir, PATH: `${bin}:${process.env["PATH"]}`, TERM: "xterm" } };
}

test("words, options, their values, jobs, tasks and files are completed", async (t) => {
  const { run } = await workshop(t);
  const words = async (...typed: string[]): Promise<string[]> => {
    const { code, stdout } = await run(["completion", "bash", "--", ...typed]);
    assert.equal(code, 0);
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t")[0]!);
  };
  assert.deepEqual(await words("sta"), ["start", "status"]);
  assert.ok((await words("")).includes("map"));
  assert.deepEqual(await words("run", "--conc"), ["--concurrency"]);
  assert.deepEqual(await words("run", "--durability", ""), ["grouped", "strict"]);
  assert.deepEqual(await words("logs", ""), ["nightly"]);
  assert.deepEqual(await words("--dir", ".air-executor", "logs", "nightly", "fo"), ["fold it"]);
  assert.deepEqual(await words("retry", "nightly", "fold it", "fe"), ["fetch-data"]);
  assert.deepEqual(await words("retry", "nightly", "--from", "fe"), ["fetch-data"]);
  assert.deepEqual(await words("run", ""), [":files"]);
  assert.deepEqual(await words("graph", "n"), ["nightly", ":files"]);
  assert.deepEqual(await words("map", "-a", ""), [":files"]);
  assert.deepEqual(await words("map", "-k", "gzip", "--b"), [":files"]);
  assert.deepEqual(await words("map", "--keep"), ["--keep-order"]);
  assert.deepEqual(await words("completion", ""), ["bash", "zsh", "fish"]);
  assert.deepEqual(await words("nonsense", "x"), []);
  const wrong = await run(["completion", "csh"]);
  assert.deepEqual([wrong.code, wrong.stderr], [2, 'air-executor: there is no completion for "csh": expected bash, zsh, fish\n']);
});

const interactive: readonly (readonly [shell: string, command: readonly string[], setup: string])[] = [
  [
    "bash",
    ["bash", "--norc", "--noprofile", "-i"],
    "source <(air-executor completion bash); bind 'set bell-style none'; echo READY-$((0+1))",
  ],
  ["zsh", ["zsh", "-f", "-i"], "autoload -U compinit; compinit -u; source <(air-executor completion zsh); echo READY-$((0+1))"],
];

for (const [shell, command, setup] of interactive) {
  test(`${shell} completes verbs, jobs and tasks at a tab`, async (t) => {
    if (!isInstalled(shell) || !isInstalled("python3")) return t.skip(`${shell} or python3 is not installed`);
    const { dir, env } = await workshop(t);
    for (const [line, expected] of [
      ["air-executor subm", "air-executor submit "],
      ["air-executor logs nig", "air-executor logs nightly "],
      ["air-executor logs nightly fol", "air-executor logs nightly fold\\ it "],
      ["air-executor run nightly.j", "air-executor run nightly.json "],
    ] as const) {
      const { process: child, ended } = follow("python3", [helper, setup, line, expected, ...command], dir, env);
      child.stdin.end();
      const { code, stdout } = await ended;
      assert.equal(code, 0, `${line}: ${stdout}`);
    }
    return undefined;
  });
}

test("fish completes verbs, jobs and tasks", async (t) => {
  if (!isInstalled("fish")) return t.skip("fish is not installed");
  const { dir, env } = await workshop(t);
  const script =
    'air-executor completion fish | source; for line in "air-executor subm" "air-executor logs " "air-executor logs nightly fe" "air-executor run nightly.j"; complete -C $line; end';
  const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", script], { cwd: dir, env, encoding: "utf8" });
  assert.deepEqual(
    stdout.trimEnd().split("\n"),
    ["submit\tGive a job to the manager, and don't wait for it", "nightly\tjob", "fetch-data\tcompleted", "nightly.json"],
    stderr,
  );
  return undefined;
});
