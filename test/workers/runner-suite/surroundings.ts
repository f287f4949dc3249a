/** What tasks find: environment, directory, descriptors, signals, limits. Byte for byte, and nothing of the runner's. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Rig, type RunnerKind } from "./rig.js";

const odd = Buffer.from([0xff, 0x20, 0xc3, 0x28, 0x0a, 0x41]);

export function surroundingsSuite(kind: RunnerKind): void {
  test("the environment: the task's own over its context's over the engine's, odd names too, each once", async (t) => {
    const env = { PATH: process.env["PATH"], BASE: "1", BOTH: "base", "BASH_FUNC_f%%": "() { :; }" };
    const rig = new Rig(t, kind, { env, contextEnv: ["JOB=j", "BOTH=context", "a.b=c", "TASK=context"] });
    rig.run(1, ["/usr/bin/env", "-0"], { env: ["TASK=own", "EMPTY=", "LINES=a\nb", "x y=z"] });
    assert.equal(await rig.result(1), "x 0");
    const found = rig
      .log(1)
      .split("\0")
      .filter((entry) => entry !== "" && !entry.startsWith("RIG="))
      .sort();
    const expected = [
      "BASE=1",
      "BOTH=context",
      "BASH_FUNC_f%%=() { :; }",
      "JOB=j",
      "a.b=c",
      "TASK=own",
      "EMPTY=",
      "LINES=a\nb",
      "x y=z",
    ];
    assert.deepEqual(found, [...expected, `PATH=${process.env["PATH"]}`].sort());
  });

  test("names that are none reach the task or are left out, and harm nobody", async (t) => {
    const rig = new Rig(t, kind);
    rig.run(1, ["/bin/cat", "/proc/self/environ"], { env: ["no-equals", "=empty", "A=1"] });
    assert.equal(await rig.result(1), "x 0");
    assert.ok(rig.log(1).split("\0").includes("A=1"));
    rig.run(2, ["/bin/true"]);
    assert.equal(await rig.result(2), "x 0");
  });

  test("bytes that are no text come through: arguments, variables, directories, names of logs and files", async (t) => {
    const rig = new Rig(t, kind);
    const name = Buffer.from([0x64, 0xfe, 0x20, 0x27]);
    const directory = Buffer.concat([Buffer.from(`${rig.directory}/`), name]);
    mkdirSync(directory);
    const input = Buffer.concat([directory, Buffer.from("/in")]);
    writeFileSync(input, odd);
    const program = Buffer.concat([directory, Buffer.from("/run")]);
    writeFileSync(program, '#!/bin/sh\nprintf "%s|%s|" "$1" "$V"; pwd; cat\n', { mode: 0o755 });
    const env = [Buffer.concat([Buffer.from("V="), odd])];
    rig.run(1, [program, odd], { cwd: directory, stdin: input, env, log: Buffer.concat([name, Buffer.from(".log")]) });
    assert.equal(await rig.result(1), "x 0");
    const said = readFileSync(Buffer.concat([Buffer.from(`${rig.logs}/`), name, Buffer.from(".log")]));
    const bar = Buffer.from("|");
    assert.deepEqual(said, Buffer.concat([odd, bar, odd, bar, directory, Buffer.from("\n"), odd]));
  });

  test("what is no UTF-8 in the engine's environment reaches tasks as it was", { skip: !kind.hasRawEnvironment }, async (t) => {
    // An engine: Node, which reads its environment as UTF-8 and hands it on.
    const rig = new Rig(t, kind, {
      before: [
        "/bin/sh",
        "-c",
        `V=$(printf 'a\\377\\303(b') && W=$(printf '\\357\\277\\275') && export V W && exec "$0" -e '
          const [program, ...args] = process.argv.slice(1);
          require("child_process").spawn(program, args, { stdio: "inherit", env: { ...process.env } });' -- "$@"`,
        process.execPath,
      ],
    });
    rig.run(1, ["/usr/bin/env", "-0"]);
    assert.equal(await rig.result(1), "x 0");
    const variables = rig.log(1).split("\0");
    assert.deepEqual([variables.includes("V=a\xff\xc3(b"), variables.includes("W=\xef\xbf\xbd")], [true, true]);
    rig.close();
    await rig.exited;
  });

  test("a task has descriptors 0, 1 and 2 and no others, also if the runner was given more", async (t) => {
    const rig = new Rig(t, kind, { extraFiles: 3 });
    rig.shell(1, "ls /proc/$$/fd");
    rig.shell(2, "ls /proc/$$/fd", { errorLog: "2.err", stdin: "/dev/null" });
    for (const key of [1, 2]) {
      assert.equal(await rig.result(key), "x 0");
      assert.deepEqual(
        rig
          .log(key)
          .split("\n")
          .filter(Boolean)
          .map(Number)
          .filter((fd) => fd !== 10),
        [0, 1, 2],
      );
    }
  });

  test("stdin is the file that it names, else nothing", async (t) => {
    const rig = new Rig(t, kind);
    mkdirSync(rig.path("sub"));
    writeFileSync(rig.path("sub/in"), "content");
    rig.run(1, ["/bin/cat"], { stdin: rig.path("sub/in") });
    rig.run(2, ["/bin/cat"], { stdin: "in", cwd: rig.path("sub") });
    rig.run(3, ["/bin/cat"]);
    assert.deepEqual(await Promise.all([1, 2, 3].map((key) => rig.result(key))), ["x 0", "x 0", "x 0"]);
    assert.deepEqual([rig.log(1), rig.log(2), rig.log(3)], ["content", "content", ""]);
  });

  test("the directory is the context's or the task's own", async (t) => {
    const rig = new Rig(t, kind);
    mkdirSync(rig.path("own"));
    rig.shell(1, "pwd");
    rig.shell(2, "pwd", { cwd: rig.path("own") });
    await rig.ends([1, 2]);
    assert.deepEqual([rig.log(1), rig.log(2)], [`${rig.directory}\n`, `${rig.path("own")}\n`]);
  });

  test("no signal is blocked or ignored, but those that the engine was started to ignore", async (t) => {
    const masks = (rig: Rig, key: number): string[] =>
      ["SigBlk", "SigIgn", "SigCgt", "SigPnd"].map(
        (name) => new RegExp(`^${name}:\\s*0*([0-9a-f]+)$`, "m").exec(rig.log(key))![1]!,
      );
    // A starter that ignores what it can.
    const before = ["/bin/sh", "-c", 'trap "" HUP INT QUIT PIPE TERM USR1 USR2 TTOU; exec "$0" "$@"'];
    for (const [options, ignored] of [
      [[], "0"],
      [["-i", "1", "-i", "15"], "4001"],
    ] as const) {
      const rig = new Rig(t, kind, { before, options });
      rig.run(1, ["/bin/cat", "/proc/self/status"]);
      assert.equal(await rig.result(1), "x 0");
      assert.deepEqual(masks(rig, 1), ["0", ignored, "0", "0"]);
    }
  });

  test("the soft limit of open files is the one asked for, the hard one as it was", async (t) => {
    const rig = new Rig(t, kind, { options: ["-n", "321"] });
    rig.shell(1, "ulimit -Sn; ulimit -Hn");
    assert.equal(await rig.result(1), "x 0");
    const hard = spawnSync("/bin/sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).stdout;
    assert.equal(rig.log(1), `321\n${hard}`);
  });

  test("a task leads a process group of its own, in a session that is not the engine's", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, "cat /proc/$$/stat");
    assert.equal(await rig.result(1), "x 0");
    const [pid, , , , group, session] = rig.log(1).split(" ");
    const own = readFileSync("/proc/self/stat", "latin1").split(" ")[5];
    assert.equal(group, pid);
    assert.notEqual(session, own);
  });

  test("signals to its own group, a limit of file size, closed descriptors: a task harms itself alone", async (t) => {
    const rig = new Rig(t, kind, { slots: 4 });
    const gate = rig.fifo("gate");
    rig.shell(1, `echo up; read x < ${gate}; echo through`);
    await rig.heard(1, "up");
    rig.shell(2, "kill -KILL 0; sleep 60");
    rig.shell(3, "kill 0; sleep 60");
    rig.shell(4, "ulimit -f 1; exec head -c 100000 /dev/zero");
    rig.shell(5, "exec 0<&- 1>&- 2>&-; exit 7");
    rig.shell(6, "ulimit -n 3; ulimit -u 1 2>/dev/null; exit 8");
    const results = await Promise.all([2, 3, 4, 5, 6].map((key) => rig.result(key)));
    assert.deepEqual(results, ["s 9", "s 15", "s 25", "x 7", "x 8"]);
    rig.release(gate);
    assert.equal(await rig.result(1), "x 0");
    assert.match(rig.log(1), /through/);
  });

  test("the runner hears no signal", async (t) => {
    const rig = new Rig(t, kind);
    const gate = rig.fifo("gate");
    rig.shell(1, `echo up; read x < ${gate}`);
    await rig.heard(1, "up");
    const { pid } = rig.read().hello!;
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGPIPE", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGTSTP"] as const)
      process.kill(pid, name);
    rig.run(2, ["/bin/true"]);
    assert.equal(await rig.result(2), "x 0");
    rig.release(gate);
    assert.equal(await rig.result(1), "x 0");
    assert.equal(await rig.closed(), 0);
  });

  test("a runner that is started wrongly says so in a line, with exit code 2", () => {
    const [program = "", ...first] = kind.command;
    for (const args of [
      [],
      ["/no/such/directory/spool", "4"],
      ["spool", "0"],
      ["spool", "x"],
      ["-z", "spool", "1"],
      ["-n", "x", "spool", "1"],
    ]) {
      const result = spawnSync(program, [...first, ...args], {
        encoding: "utf8",
        cwd: "/",
        stdio: ["pipe", "pipe", "pipe"],
        input: "",
      });
      assert.deepEqual([result.status, result.stdout], [2, ""], args.join(" "));
      assert.match(result.stderr, /^[^\n]+\n$/, args.join(" "));
    }
    const version = spawnSync(program, [...first, "--version"], { encoding: "utf8" });
    assert.deepEqual([version.status, version.stdout], [0, "air-executor-runner 1\n"]);
  });

  test("a spool that is not new and ours alone is refused and left as it is", async (t) => {
    const rig = new Rig(t, kind);
    await rig.see("the hello", (spool) => spool.hello !== undefined);
    const text = readFileSync(rig.spool, "latin1");
    writeFileSync(rig.path("full"), "something\n");
    spawnSync("ln", ["-s", rig.path("target"), rig.path("link")]);
    rig.fifo("pipe");
    const [program = "", ...first] = kind.command;
    for (const place of [rig.spool, rig.path("full"), rig.path("link"), rig.path("pipe"), rig.logs]) {
      const result = spawnSync(program, [...first, place, "1"], { encoding: "utf8", input: "" });
      assert.equal(result.status, 2, place);
      assert.match(result.stderr, /^[^\n]+\n$/);
    }
    assert.equal(readFileSync(rig.spool, "latin1"), text);
    assert.equal(readFileSync(rig.path("full"), "latin1"), "something\n");
    assert.equal(spawnSync("test", ["-e", join(rig.directory, "target")]).status, 1);
  });
}
