import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { verbs } from "../../src/cli/verbs.js";
import { root } from "../source-files.js";
import { makePlayground } from "./support/cli.js";

test("without a verb it shows the help and lists every verb", async (context) => {
  const { code, stdout } = await makePlayground(context).run([]);
  assert.equal(code, 0);
  for (const { usage } of verbs) assert.ok(stdout.includes(usage), usage);
});

test("every verb has help with examples, also without its arguments", async (context) => {
  const { run } = makePlayground(context);
  for (const { name: verb } of verbs) {
    const { code, stdout, stderr } = await run([verb, "--help"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`Usage\n {2}air-executor ${verb} [\\s\\S]*Examples\n {2}`));
  }
});

test("in a help a term that is much longer than others takes no room from their texts", async (context) => {
  const { run } = makePlayground(context);
  assert.match((await run(["status", "--help"])).stdout, / --state pending\|[a-z|]+\n {10,20}Only tasks of this status/);
  assert.match((await run(["--help"])).stdout, / map \[options\] [^\n]+\n {25,35}Run a command/);
});

test("help is the same as --help", async (context) => {
  const { run } = makePlayground(context);
  assert.deepEqual(await run(["help"]), await run(["--help"]));
  assert.deepEqual(await run(["help", "logs"]), await run(["logs", "--help"]));
});

test("--version prints the version of the package", async (context) => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  assert.equal((await makePlayground(context).run(["--version"])).stdout, `${version}\n`);
});

const mistakes: readonly (readonly [args: readonly string[], complaint: RegExp])[] = [
  [["rnu", "x"], /unknown verb "rnu"; did you mean run\?/],
  [["--json"], /a verb is missing/],
  [["run"], /FILE is missing: air-executor run FILE/],
  [["run", "a", "b"], /unexpected argument "b"/],
  [["run", "a", "--concurency", "3"], /unknown option --concurency; did you mean --concurrency\?/],
  [["run", "a", "--constructor"], /can't be understood: run a --constructor/],
  [["run", "a", "-j"], /--concurrency needs a value/],
  [["run", "a", "-z"], /unknown option -z \(/],
  [["run", "a", "--z"], /unknown option --z \(/],
  [["run", "-x.yaml"], /unknown option -x\.yaml; a file of that name is \.\/-x\.yaml \(/],
  [["run", "-job.yaml"], /unknown option -job\.yaml; a file of that name is \.\/-job\.yaml \(/],
  [["help", "rnu"], /unknown verb "rnu"; did you mean run\?/],
  [["status", "-j", "3"], /status has no option --concurrency/],
  [["run", "a", "-j", "0"], /--concurrency is "0": expected a whole number/],
  [["run", "a", "--durability", "none"], /--durability is "none": expected grouped or strict/],
  [["graph", "a", "--format", "svg"], /--format is "svg": expected text, mermaid or dot/],
  [["run", "missing.yaml"], /missing\.yaml does not exist/],
  [["run", "--", "--odd"], /--odd does not exist/],
  [["run", "."], /is a directory but no job yet: expected state.json and tasks.json in it/],
  [["status", "nobody"], /there is no job "nobody" in \.air-executor, nor any other\n/],
  [["jobs"], /unknown verb "jobs"; did you mean status\?/],
  [["map", "--eta", "echo", ":::", "1"], /unknown option --eta: progress is shown by itself/],
  [["map", "-N2", "echo", ":::", "1"], /unknown option -N2: several inputs for each task are --max-args N \(-n\)/],
  [["map", "-I", "%", "echo", ":::", "1"], /unknown option -I: the input stands where \{\} does/],
  [["run", "a", "--dry-run"], /run has no option --dry-run: `air-executor graph FILE` shows what would run/],
  [["run", "a", "-k"], /unknown option -k: what does not depend on a failed task is run all the same/],
  [["map", "echo {} | wc -c", ":::", "a"], /no program is called 'echo \{\} \| wc -c': .* write --shell 'echo \{\} \| wc -c'\n/],
  [["logs", "nobody"], /there is no job "nobody"/],
];

for (const [args, complaint] of mistakes) {
  test(`\`${args.join(" ")}\` is refused in one line, exits with 2 and leaves nothing behind`, async (context) => {
    const { run, dir } = makePlayground(context);
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, complaint);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
    if (!args.includes("--json")) assert.equal(stdout, "");
    assert.equal(existsSync(join(dir, ".air-executor")), false);
  });
}

test("a job file behind a loop of links, or of a name too long, is refused like any other bad path", async (context) => {
  const { run, dir } = makePlayground(context);
  symlinkSync("b", join(dir, "a"));
  symlinkSync("a", join(dir, "b"));
  const loop = await run(["run", "a"]);
  assert.equal(loop.code, 2, loop.stderr);
  assert.match(loop.stderr, /: a is a loop of symbolic links, expected a job file: put a regular file in its place\n$/);
  const long = await run(["run", "x".repeat(300)]);
  assert.equal(long.code, 2, long.stderr);
  assert.match(long.stderr, /x does not exist, expected a job file: check the path\n$/);
});

test("with --json an error is an object on stdout too", async (context) => {
  const { stdout, code } = await makePlayground(context).run(["status", "nobody", "--json"]);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; faults: unknown[] } };
  assert.equal(code, 2);
  assert.equal(error.code, "AIR_NOT_FOUND");
  assert.deepEqual(error.faults, []);
});

test("an option can be given as a variable, and what tasks find in their environment is none", async (context) => {
  const { run } = makePlayground(context);
  const env = {
    AIR_EXECUTOR_DIR: "elsewhere",
    AIR_EXECUTOR_JSON: "1",
    AIR_EXECUTOR_JOB: "x",
    AIR_EXECUTOR_TASK: "y",
    AIR_EXECUTOR_ATTEMPT: "odd",
  };
  const { code, stdout, stderr } = await run(["run", "-", "--name", "a"], { input: '[{"command": "true"}]', env });
  assert.equal(code, 0, stderr);
  assert.equal((JSON.parse(stdout) as { state: string }).state, "completed");
  const status = await run(["status"], { env });
  assert.deepEqual(
    (JSON.parse(status.stdout) as { jobs: { name: string }[] }).jobs.map(({ name }) => name),
    ["a"],
  );
  const logs = await run(["logs", "a"], { env });
  assert.equal(logs.code, 0, logs.stderr);
});

test("a variable that makes no sense is named", async (context) => {
  const { code, stderr } = await makePlayground(context).run(["status"], { env: { AIR_EXECUTOR_JSON: "perhaps" } });
  assert.equal(code, 2);
  assert.match(stderr, /AIR_EXECUTOR_JSON is "perhaps": expected 1 or 0/);
});
