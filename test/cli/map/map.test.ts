import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mapAtOnce } from "../../support/at-once.js";
import { waitUntil } from "../../support/wait-until.js";
import { main, makePlayground, type Result } from "../support/cli.js";
import { untilHolds } from "../../support/shell-loops.js";

/** Output in the order of the inputs, and nothing else. */
const quiet = ["map", "-q", "-k"] as const;

function statusOf(dir: string, name: string): { state: string; counts: Record<string, number>; first_failure: string | null } {
  return JSON.parse(readFileSync(join(dir, ".air-executor", "jobs", name, "state.json"), "utf8")) as never;
}

function tasksOf(dir: string, name: string): { id: string; command: string; args: string[]; attempts: number; status: string }[] {
  return JSON.parse(readFileSync(join(dir, ".air-executor", "jobs", name, "tasks.json"), "utf8")) as never;
}

const outcome = ({ code, stdout, stderr }: Result): unknown => ({ code, stdout, stderr });
const printed = (stdout: string): unknown => ({ code: 0, stdout, stderr: "" });

test("inputs come from standard input, the command line and files, and each is one argument", async (t) => {
  const { run, write } = makePlayground(t);
  write("list", "a b\n$HOME\n'\n");
  assert.deepEqual(outcome(await run([...quiet, "echo", "<{}>"], { input: "1\n2 3\n" })), printed("<1>\n<2 3>\n"));
  assert.deepEqual(outcome(await run([...quiet, "--", "echo", "-n", "x", ":::", "a b", "c"])), printed("x a bx c"));
  assert.deepEqual(outcome(await run([...quiet, "echo", "::::", "list"])), printed("a b\n$HOME\n'\n"));
  assert.deepEqual(outcome(await run([...quiet, "-a", "list", "echo", "{2}{1}", ":::", "x"])), printed("xa b\nx$HOME\nx'\n"));
  assert.deepEqual(outcome(await run([...quiet, "-0", "echo", "{}."], { input: "a\nb\0c\0" })), printed("a\nb.\nc.\n"));
  assert.deepEqual(outcome(await run([...quiet, "-d,", "echo"], { input: "a,b" })), printed("a\nb\n"));
  assert.deepEqual(outcome(await run([...quiet, "-d", "\\x3b", "echo"], { input: "a;b" })), printed("a\nb\n"));
  assert.deepEqual(outcome(await run([...quiet, "-C", "-", "echo", "{2}{1}", ":::", "a-b"])), printed("ba\n"));
  assert.deepEqual(outcome(await run([...quiet, "-n2", "echo", ":::", "a", "b", "c"])), printed("a b\nc\n"));
});

test("bytes that are no text reach the command unchanged, and the record shows them", async (t) => {
  const { dir } = makePlayground(t);
  const script = `printf 'a\\377\\n' | "$0" "$1" map -q --name stdin printf '%s'; "$0" "$1" map -q --name argv printf '%s' ::: "$(printf 'b\\351')"`;
  const { stdout } = spawnSync("sh", ["-c", script, process.execPath, main], { cwd: dir });
  assert.equal(stdout.toString("hex"), "61ff62e9");
  assert.match(readFileSync(join(dir, ".air-executor/jobs/stdin/tasks.json"), "utf8"), /"a\\udcff"/);
  assert.deepEqual(tasksOf(dir, "argv")[0]?.args, ["%s", "b\udce9"]);
});

test("columns have numbers and, by a header, names; CSV is read as CSV", async (t) => {
  const { run, write } = makePlayground(t);
  write("sizes.csv", 'name,size\n"a, b",1\nc,2\n');
  const sized = ["echo", "{size}:{name}"];
  assert.deepEqual(outcome(await run([...quiet, "--header", ...sized, "::::", "sizes.csv"])), printed("1:a, b\n2:c\n"));
  assert.deepEqual(outcome(await run([...quiet, "--header", ...sized], { input: "name\tsize\nx y\t3\n" })), printed("3:x y\n"));
  assert.deepEqual(outcome(await run([...quiet, "--csv", "echo", "{2}"], { input: 'a,"b\nc"\n' })), printed("b\nc\n"));
  assert.deepEqual(outcome(await run([...quiet, "--csv", "echo", "{2}", ":::", 'a,"b ""q"", c"'])), printed('b "q", c\n'));
  const semicolons = { input: 'name;size\n"a;b";"c ""d"", e"\n' };
  assert.deepEqual(outcome(await run([...quiet, "--header", ...sized], semicolons)), printed('c "d", e:a;b\n'));
  const quoted = ["--header", "echo", "{1}:{2}"];
  assert.deepEqual(outcome(await run([...quiet, ...quoted], { input: '"a,1";"b"\n"1,5";2\n' })), printed("1,5:2\n"));
  assert.deepEqual(
    outcome(await run([...quiet, "--csv", "--header", "--colsep", ";", ...sized], semicolons)),
    printed('c "d", e:a;b\n'),
  );
  write("semicolons.csv", semicolons.input);
  assert.deepEqual(outcome(await run([...quiet, "--header", ...sized, "::::", "semicolons.csv"])), printed('c "d", e:a;b\n'));
  assert.deepEqual(
    outcome(await run([...quiet, "--csv", "--colsep", "\\t", "echo", "{2}"], { input: 'a\t"b\tc"\n' })),
    printed("b\tc\n"),
  );
  assert.deepEqual(outcome(await run([...quiet, "--csv", "echo", "{1}"], { input: "a;b\n" })), printed("a;b\n"));
  assert.deepEqual(
    outcome(await run([...quiet, "--header", "echo", "{f}{g}", ":::", "f", "1", "2", ":::", "g", "a"])),
    printed("1a\n2a\n"),
  );
});

test("pieces of standard input end at line ends, and are kept for a further attempt", async (t) => {
  const { run, dir } = makePlayground(t);
  const lines = Array.from({ length: 10 }, (_, index) => `${index}\n`).join("");
  assert.deepEqual(outcome(await run([...quiet, "--pipe", "--lines", "4", "wc", "-l"], { input: lines })), printed("4\n4\n2\n"));
  assert.deepEqual(
    outcome(await run([...quiet, "--pipe", "--block", "6", "wc", "-c"], { input: lines })),
    printed("6\n6\n6\n2\n"),
  );
  const failed = await run(["map", "-q", "--name", "p", "--pipe", "--lines", "9", "sh", "-c", "cat; test -e ready"], {
    input: lines,
  });
  assert.equal(failed.code, 1);
  assert.deepEqual(readdirSync(join(dir, ".air-executor/jobs/p/inputs")).toSorted(), ["task-1", "task-2"]);
  writeFileSync(join(dir, "ready"), "");
  assert.equal((await run(["retry", "p"])).code, 0);
  assert.equal((await run(["logs", "p", "task-2"])).stdout, "9\n");
});

test("output is grouped by task, in order if asked, with tags, line by line, or not at all", async (t) => {
  const { run } = makePlayground(t);
  const slow = "printf 'a{} '; sleep 0.$((4 - {})); echo b{}";
  const grouped = await run(["map", "-q", "-j3", "--shell", slow, ":::", "1", "2", "3"]);
  assert.deepEqual(
    grouped.stdout.split("\n").toSorted(),
    ["", "a'1' b1", "a'2' b2", "a'3' b3"].map((line) => line.replaceAll("'", "")),
  );
  assert.deepEqual(
    outcome(await run([...quiet, "-j3", "--shell", slow, ":::", "1", "2", "3"])),
    printed("a1 b1\na2 b2\na3 b3\n"),
  );
  assert.deepEqual(
    outcome(await run([...quiet, "--tag", "--shell", "printf 'x\\ny'; : {}", ":::", "a b", "c"])),
    printed("a b\tx\na b\ty\nc\tx\nc\ty\n"),
  );
  assert.deepEqual(outcome(await run([...quiet, "--tag-string", "{#}-{/}", "echo", "x", ":::", "d/e"])), printed("1-e\tx d/e\n"));
  assert.deepEqual(outcome(await run([...quiet, "--no-output", "echo", ":::", "a"])), printed(""));
  const byLine = await run([
    "map",
    "-q",
    "-j2",
    "--line-buffer",
    "--shell",
    "for i in 1 2 3; do echo {}$i; sleep 0.1; done",
    ":::",
    "a",
    "b",
  ]);
  assert.deepEqual(byLine.stdout.split("\n").toSorted(), ["", "a1", "a2", "a3", "b1", "b2", "b3"]);
});

test("what tasks write to stderr goes to ours, whole for each task, and stands apart in the record", async (t) => {
  const { run, dir } = makePlayground(t);
  const script = "echo out{}; echo err{} >&2; echo more{} >&2";
  const { code, stdout, stderr } = await run(["map", "-q", "-k", "--name", "apart", "--tag", "--shell", script, ":::", "1", "2"]);
  assert.deepEqual([code, stdout], [0, "1\tout1\n2\tout2\n"]);
  assert.equal(stderr, "1\terr1\n1\tmore1\n2\terr2\n2\tmore2\n");
  assert.equal(readFileSync(join(dir, ".air-executor/jobs/apart/logs/task-2.err"), "utf8"), "err2\nmore2\n");
  const byLine = await run(["map", "-q", "--line-buffer", "--shell", script, ":::", "1"]);
  assert.deepEqual([byLine.stdout, byLine.stderr], ["out1\n", "err1\nmore1\n"]);
});

test("a dry run prints what a shell would run just so, and runs nothing", async (t) => {
  const { run, dir } = makePlayground(t);
  const argv = ["map", "--dry-run", "touch", "{}", "{.}x", ":::", "a b.c", "it's", "-n"];
  const { stdout, code } = await run(argv);
  assert.deepEqual([code, stdout], [0, "touch 'a b.c' 'a bx'\ntouch 'it'\\''s' 'it'\\''sx'\ntouch -n -nx\n"]);
  assert.deepEqual(readdirSync(dir), []);
  // Neither sets a variable, nor is a word of the shell's own; alone they run in the first slot.
  for (const command of ["./a=b", "lr=0.1/run", "time", "if"]) {
    const { stdout: line } = await run(["map", "--dry-run", command, "{%}", "{}", ":::", "x"]);
    assert.equal(line, `'${command}' 1 x\n`);
  }
});

test("a task before and one behind all others are in one line, and files of inputs are read in between", async (t) => {
  const { run, dir } = makePlayground(t);
  const argv = [
    "map",
    "-q",
    "-k",
    "--name",
    "three",
    "--before",
    "seq 3 > list; echo prepared",
    "--after",
    "echo merged",
    "echo",
    "{}",
    "::::",
    "list",
  ];
  assert.deepEqual(outcome(await run(argv)), printed("prepared\n1\n2\n3\nmerged\n"));
  assert.deepEqual(
    tasksOf(dir, "three").map(({ id }) => id),
    ["before", "task-1", "task-2", "task-3", "after"],
  );
});

test("a task before all others that fails is a failure, and no trouble of the environment", async (t) => {
  const { run, dir } = makePlayground(t);
  const { code, stderr } = await run(["map", "--name", "b", "--before", "exit 7", "echo", ":::", "1"]);
  assert.equal(code, 1);
  assert.match(stderr, /First failure: before: exit code 7/);
  assert.deepEqual(
    tasksOf(dir, "b").map(({ id }) => id),
    ["before"],
  );
});

test("a task before all others that somebody cancels is no trouble of the environment either, and the same command begins anew", async (t) => {
  const { run, start, dir } = makePlayground(t);
  const argv = ["map", "--name", "b", "--before", "echo > begun; [ -e again ] || exec sleep 60", "echo", ":::", "1"];
  const { ended } = start(argv);
  assert.ok(await waitUntil(() => existsSync(join(dir, "begun"))));
  assert.equal((await run(["cancel", "b", "before"])).code, 0);
  assert.equal((await ended).code, 1);
  writeFileSync(join(dir, "again"), "");
  const again = await run(argv);
  assert.deepEqual([again.code, again.stdout], [0, "1\n"]);
});

test("the exit code is 1 if a task failed, and the summary has the first failure, its output and the way to retry", async (t) => {
  const { run } = makePlayground(t);
  const { code, stdout, stderr } = await run([
    "map",
    "--name",
    "f",
    "-j1",
    "sh",
    "-c",
    "echo out{}; echo err{} >&2; exit {}",
    ":::",
    "0",
    "3",
  ]);
  assert.equal(code, 1);
  assert.match(stdout, /out0\n/);
  assert.match(stderr, /First failure: task-2: exit code 3/);
  assert.match(stderr, /│ err3/);
  assert.match(stderr, /air-executor retry f/);
});

test("retries, timeouts, variables and the directory hold for every task", async (t) => {
  const { run, dir } = makePlayground(t);
  const flaky = ["map", "-q", "--retries", "1", "--name", "r", "sh", "-c", 'test "$AIR_EXECUTOR_ATTEMPT" = 2', ":::", "a"];
  assert.equal((await run(flaky)).code, 0);
  assert.equal(tasksOf(dir, "r")[0]?.attempts, 2);
  const late = await run(["map", "--timeout", "0.1", "sleep", ":::", "60"]);
  assert.deepEqual([late.code, /timed out after 0\.1 s/.test(late.stderr)], [1, true]);
  const env = await run([...quiet, "--env", "A=b c", "--env", "B==", "--cwd", "/", "sh", "-c", 'echo "$A$B$PWD"{}', ":::", "x"]);
  assert.deepEqual(outcome(env), printed("b c=/x\n"));
});

test("tasks take of pools as they are told to, and what can't be is one sentence", async (t) => {
  const { run, dir } = makePlayground(t);
  const script = ": {}; mkdir alone && sleep 0.1 && rmdir alone";
  const argv = ["map", "-q", "-j4", "--pool", "licence=1", "--shell", script, ":::", "1", "2", "3"];
  const { code, stderr } = await run([...argv.slice(0, 2), "--resources", "licence=1,memory=1MB", ...argv.slice(2)]);
  assert.equal(code, 0, stderr);
  for (const [given, complaint] of [
    ["licence", /^air-executor: --resources is "licence": expected a name and how much of it a task takes, such as gpu=1$/m],
    ["cpu=1,cpu=2", /^air-executor: --resources says twice how much of cpu a task takes$/m],
    ["gpu=0.5", /resources\.gpu: expected a whole number of gpus, from 0 to 1000000, got the number 0\.5/],
    ["memory=4GBs", /resources\.memory: expected a size such as .* got the text "4GBs"/],
    ["licence=2", /resources\.licence: it takes 2 of licence, and there is only 1/],
  ] as const) {
    const refused = await run(["map", "--name", "none", "--resources", given, ...argv.slice(1)]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, complaint);
  }
  assert.equal(existsSync(join(dir, ".air-executor", "jobs", "none")), false);
});

test("no two tasks that run have the same slot, also where tasks are so short that others are handed over ahead", async (t) => {
  const { run } = makePlayground(t);
  const { stdout } = await run([
    "map",
    "-q",
    "-j3",
    "--shell",
    "mkdir {%} && sleep 0.05 && rmdir {%} && echo {%}",
    ":::",
    ...Array.from("abcdefghijkl"),
  ]);
  const slots = stdout.trimEnd().split("\n");
  assert.equal(slots.length, 12);
  assert.deepEqual([...new Set(slots)].toSorted(), ["1", "2", "3"]);
  const many = Array.from({ length: 300 }, (_, index) => `${index}`);
  const short = await run(["map", "-q", "-j3", "--shell", "mkdir {%} && rmdir {%} && : {}", ":::", ...many]);
  assert.deepEqual([short.code, short.stderr], [0, ""]);
});

test("a batch stopped at a failure limit goes on with the same command, and what failed is retried by name", async (t) => {
  const { run, dir } = makePlayground(t);
  const argv = [
    "map",
    "-j1",
    "--name",
    "h",
    "--max-failures",
    "1",
    "sh",
    "-c",
    "echo {} >> ran; test {} != 2 || test -e ready",
    ":::",
    "1",
    "2",
    "3",
  ];
  const first = await run(argv);
  assert.equal(first.code, 1);
  assert.match(first.stderr, /stopped early, since 1 task failed/);
  assert.deepEqual([statusOf(dir, "h").state, readFileSync(join(dir, "ran"), "utf8")], ["waiting", "1\n2\n"]);
  assert.equal((await run(argv)).code, 1);
  assert.deepEqual([statusOf(dir, "h").state, readFileSync(join(dir, "ran"), "utf8")], ["failed", "1\n2\n3\n"]);
  writeFileSync(join(dir, "ready"), "");
  assert.equal((await run(["retry", "h"])).code, 0);
  assert.deepEqual([statusOf(dir, "h").counts["completed"], readFileSync(join(dir, "ran"), "utf8")], [3, "1\n2\n3\n2\n"]);
});

test("what tasks do is part of what an unfinished batch is: status says all of it, and another is refused", async (t) => {
  const { run, dir } = makePlayground(t);
  mkdirSync(join(dir, "sub"));
  const begun = ["--retries", "1", "--timeout", "50", "--resources", "memory=1MB", "--env", "A=x y", "--cwd", "sub"];
  const script = ["sh", "-c", 'echo "$A"; pwd', ":::", "1", "2"];
  assert.equal((await run([...quiet, "-j1", "--name", "m", "--halt", "soon,done=1", ...begun, ...script])).code, 0);
  const others = [
    ["--cwd", "."],
    ["--timeout", "51"],
    ["--retries", "2"],
    ["--env", "A=z"],
  ];
  for (const other of others) {
    const { code, stdout, stderr } = await run([...quiet, "--name", "m", ...begun, ...other, ...script]);
    assert.deepEqual([code, stdout, /"m" is unfinished, and was begun as another one/.test(stderr)], [2, "", true], stderr);
  }
  const [, goOn = ""] = /go on: air-executor (.*)/.exec((await run(["status", "m"])).stdout) ?? [];
  const went = spawnSync("sh", ["-c", `exec "$0" "$1" ${goOn}`, process.execPath, main], { cwd: dir, encoding: "utf8" });
  assert.deepEqual([went.status, statusOf(dir, "m").counts["completed"]], [0, 2], went.stderr);
});

test("a halt is spelt as GNU parallel spells it", async (t) => {
  const { run } = makePlayground(t);
  const halted = async (halt: string, ...inputs: string[]): Promise<number | null> =>
    (await run(["map", "-q", "-j1", "--halt", halt, "sh", "-c", "exit {}", ":::", ...inputs])).code;
  assert.equal(await halted("soon,success=1", "1", "0", "1"), 0);
  assert.equal(await halted("soon,fail=50%", "0", "1", "1", "1"), 1);
  assert.equal(await halted("never", "0"), 0);
  assert.equal(await halted("now,fail=0", "0"), 2);
  assert.equal(await halted("later,fail=1", "0"), 2);
});

test("killed with -9 and started again a batch runs every input once", async (t) => {
  const { run, start, dir } = makePlayground(t);
  const argv = [
    "map",
    "-q",
    "-j2",
    "--name",
    "k",
    "sh",
    "-c",
    `echo {} >> ran; ${untilHolds("test -e gate", 0.05)}; echo {}`,
    ":::",
    "1",
    "2",
    "3",
    "4",
  ];
  const killed = start(argv);
  const ran = (): string[] => {
    try {
      return readFileSync(join(dir, "ran"), "utf8").trimEnd().split("\n");
    } catch {
      return [];
    }
  };
  assert.ok(await waitUntil(() => ran().length === 2));
  killed.process.kill("SIGKILL");
  await killed.ended;
  writeFileSync(join(dir, "gate"), "");
  const { code, stdout } = await run(argv);
  assert.deepEqual([code, stdout.trimEnd().split("\n").toSorted()], [0, ["1", "2", "3", "4"]]);
  assert.deepEqual(ran().toSorted(), ["1", "2", "3", "4"]);
  assert.deepEqual(
    tasksOf(dir, "k").map(({ attempts }) => attempts),
    [1, 1, 1, 1],
  );
});

test("an unfinished batch is not gone on with by another command, other lists or other inputs, and both ways out are said", async (t) => {
  const { run } = makePlayground(t);
  const argv = (command: string, ...inputs: string[]): string[] => {
    return ["map", "-q", "-j1", "--name", "c", "--max-failures", "1", command, ...(inputs.length > 0 ? [":::", ...inputs] : [])];
  };
  assert.equal((await run(argv("false", "1", "2", "3"))).code, 1);
  for (const other of [argv("true", "1", "2", "3"), argv("false", "1", "2", "4")]) {
    const { code, stderr } = await run(other);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /job "c" is unfinished, and was begun as another one: air-executor map false ::: 1 2 3\. Go on with that.*--fresh/,
    );
  }
  const status = await run(["status", "c"]);
  assert.match(status.stdout, /go on: air-executor map --name c false ::: 1 2 3/);
  assert.equal((await run(["map", "-q", "--fresh", "--name", "c", "true", ":::", "1"])).code, 0);
  assert.equal((await run(["map", "-q", "-j1", "--name", "d", "--max-failures", "1", "false"], { input: "1\n2\n3\n" })).code, 1);
  const changed = await run(["map", "-q", "-j1", "--name", "d", "--max-failures", "1", "false"], { input: "1\n2\n4\n" });
  assert.match(changed.stderr, /input 3 of map "d": task "task-3" has not ended, and was another one.*--fresh/);
});

test("the log of jobs is GNU parallel's, and its --resume goes on with it", async (t) => {
  const { run, dir } = makePlayground(t);
  await run(["map", "-q", "--joblog", "log", "sh", "-c", "exit {}", ":::", "0", "3", "0"]);
  const [head, ...lines] = readFileSync(join(dir, "log"), "utf8").trimEnd().split("\n");
  assert.equal(head, "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand");
  const rows = lines.map((line) => line.split("\t")).toSorted(([one], [other]) => Number(one) - Number(other));
  assert.deepEqual(
    rows.map(([seq]) => seq),
    ["1", "2", "3"],
  );
  assert.deepEqual(
    rows.map((row) => row.slice(6)),
    [
      ["0", "0", "sh -c 'exit 0'"],
      ["3", "0", "sh -c 'exit 3'"],
      ["0", "0", "sh -c 'exit 0'"],
    ],
  );
  await run(["map", "-q", "--joblog", "slots", "echo", "{%}", ":::", "a"]);
  assert.match(readFileSync(join(dir, "slots"), "utf8"), /\techo 1\n$/);
  const parallel = (...argv: string[]): string | null => {
    const { status, stdout } = spawnSync("parallel", [...argv, "--joblog", "log", "echo", "{}", ":::", "a", "b", "c", "d"], {
      cwd: dir,
      encoding: "utf8",
    });
    return status === 0 ? stdout : null;
  };
  writeFileSync(join(dir, "copy"), readFileSync(join(dir, "log")));
  const resumed = parallel("--resume");
  if (resumed === null) return t.skip("GNU parallel is not installed");
  assert.equal(resumed, "d\n");
  writeFileSync(join(dir, "log"), readFileSync(join(dir, "copy")));
  assert.equal(parallel("-k", "--resume-failed"), "b\nd\n");
  return undefined;
});

test("a reader that goes away ends a batch quietly, and nothing runs on", async (t) => {
  const { dir } = makePlayground(t);
  const script = `"$0" "$1" map -q --grace-period 1 --name gone sh -c 'seq 100000; exec sleep {}' ::: 0 0 0 60 60 | head -1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script, process.execPath, main], { cwd: dir, encoding: "utf8" });
  assert.deepEqual([stdout, stderr], ["1\n141\n", ""]);
  assert.equal(statusOf(dir, "gone").counts["running"], 0);
});

test("what makes no sense is one sentence with exit code 2", async (t) => {
  const { run, write } = makePlayground(t);
  write("bad.csv", 'a,b\n1,"2\n');
  const wrong: readonly (readonly [argv: readonly string[], words: RegExp, input?: string])[] = [
    [[], /a command is missing: air-executor map COMMAND/],
    [["echo", ":::"], /nothing stands behind ":::"/],
    [["echo", "::::"], /nothing stands behind "::::"/],
    [["echo", ":::+", "a"], /pairs its list/],
    [["--shell", "x", "echo"], /which one is to be run/],
    [["echo", "{3}", ":::", "a", ":::", "b"], /\{3\} is asked for, but there are 2 columns/],
    [["--header", "echo", "{nme}"], /did you mean \{name\}\?/, "name,b\n1,2\n"],
    [["--header", "echo", "{a}", "::::", "bad.csv"], /bad\.csv, line \d: this is no CSV/],
    [["echo", "::::", "missing"], /missing does not exist/],
    [["echo", "::::", "."], /is a directory/],
    [["echo"], /input 1 of standard input holds a NUL byte/, "a\0b\n"],
    [["--header", ":", "echo", "{a}", ":::", "a", "1"], /--header takes no ":"/],
    [["--tag-string", "{%}", "echo", ":::", "a"], /--tag-string can't hold \{%\}/],
    [["--halt", "x", "echo", ":::", "a"], /--halt is "x": expected/],
    [["--block", "x", "--pipe", "cat"], /--block is "x": expected a size/],
    [["--pipe", "cat", ":::", "a"], /with --pipe the input is standard input alone/],
    [["--colsep", "(", "echo", ":::", "a"], /--colsep is "\("/],
    [["--csv", "--colsep", ", *", "echo", ":::", "a"], /--colsep is ", \*": with --csv expected one character/],
    [["--csv", "--colsep", '"', "echo", ":::", "a"], /--colsep is """: with --csv expected one character/],
    [["--delimiter", "", "echo", ":::", "a"], /--delimiter is empty/],
    [["--env", "A", "echo", ":::", "a"], /--env is "A": expected NAME=VALUE/],
    [["--retries", "x", "echo", ":::", "a"], /--retries is "x"/],
    [["--name", "a/b", "echo", ":::", "a"], /expected a job name/],
    [["--shel", "x", ":::", "a"], /unknown option --shel.*did you mean --shell\?/],
    [["--shell", "echo `cat {}`", ":::", "a"], /behind `…`/],
    [["--max-args", "0", "echo", ":::", "a"], /--max-args is "0"/],
    [["echo"], /at most 131,071 bytes/, "x".repeat(140_000)],
  ];
  await mapAtOnce(wrong, 4, async ([argv, words, input = ""]) => {
    const { code, stdout, stderr } = await run(["map", ...argv], { input });
    assert.deepEqual([code, stdout], [2, ""], `${argv.join(" ")}: ${stderr}`);
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });
});

test("an empty input is nothing to do, which is said", async (t) => {
  const { run, write, dir } = makePlayground(t);
  write("empty", "");
  for (const argv of [["echo"], ["echo", "::::", "empty"], ["--header", "echo", "{a}"], ["--pipe", "cat"]]) {
    const { code, stdout, stderr } = await run(["map", ...argv]);
    assert.deepEqual(
      [code, stdout, stderr],
      [0, "", "air-executor: there is nothing to do: the input is empty\n"],
      argv.join(" "),
    );
  }
  assert.deepEqual(readdirSync(dir), ["empty"]);
  // An unfinished batch is not completed by an input that has got lost.
  const argv = ["map", "--name", "m", "-j1", "--halt", "soon,fail=1", "sh", "-c", "exit $1", "sh", "::::", "list"];
  const runOn = (list: string): Promise<Result> => (write("list", list), run(argv));
  assert.equal((await runOn("0\n1\n0\n")).code, 1);
  const { code, stderr } = await runOn("");
  assert.equal(code, 2, stderr);
  assert.match(stderr, /map "m": its input ends after 0, and \d are on record: map the same inputs again/);
  assert.equal((await runOn("0\n1\n0\n")).code, 1);
  assert.equal((await runOn("")).code, 0, "it has ended");
});

test("a program whose name has blanks is one, with and without its path", async (t) => {
  const { run, dir } = makePlayground(t);
  writeFileSync(join(dir, "my tool"), "#!/bin/sh\necho got $1\n", { mode: 0o755 });
  assert.equal((await run(["map", "./my tool", ":::", "a"])).stdout, "got a\n");
  const env = { PATH: `${dir}:${process.env["PATH"]}` };
  assert.equal((await run(["map", "my tool", ":::", "b"], { env })).stdout, "got b\n");
});
