/** How tasks end, told exactly; what could not start; what each used. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Rig, type RunnerKind } from "./rig.js";

export function endsSuite(kind: RunnerKind): void {
  test("exit codes are told as they are, also those above 128", async (t) => {
    const rig = new Rig(t, kind);
    const codes = [0, 1, 2, 126, 127, 128, 130, 137, 143, 255];
    for (const code of codes) rig.shell(code, `exit ${code}`);
    for (const code of codes) assert.equal(await rig.result(code), `x ${code}`);
  });

  test("signals are told apart from the exit codes that shells make of them", async (t) => {
    const rig = new Rig(t, kind);
    const numbers = [1, 2, 3, 6, 9, 11, 13, 15, 24, 25, 34, 40, 64];
    for (const number of numbers) rig.shell(number, `kill -${number} $$; sleep 60`);
    for (const number of numbers) assert.equal(await rig.result(number), `s ${number}`);
  });

  test("each begins on record before it ends, at the time that it was", async (t) => {
    const rig = new Rig(t, kind);
    const before = Date.now() * 1_000;
    for (let key = 1; key <= 20; key++) rig.shell(key, "exit 3");
    await rig.ends(Array.from({ length: 20 }, (_, index) => index + 1));
    const after = (Date.now() + 1) * 1_000;
    const spool = rig.read();
    for (let key = 1; key <= 20; key++) {
      assert.match(spool.story(key), /^bp?e$/);
      const begin = spool.of("b").find((line) => line.key === key);
      const times = [before, Number(begin?.rest[0]), spool.end(key)!.at, after];
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }
  });

  test("what could not start is told as a stage and an errno, and leaves no log", async (t) => {
    const rig = new Rig(t, kind);
    const plain = rig.path("plain");
    writeFileSync(plain, "echo hello\n", { mode: 0o644 });
    writeFileSync(rig.path("garbage"), Buffer.from([127, 69, 76, 70, 0, 0, 0, 0, 1, 2, 3]), { mode: 0o755 });
    writeFileSync(rig.path("lost"), "#!/no/such/interpreter\n", { mode: 0o755 });
    const cases: readonly [expected: string, args: readonly string[], options: Parameters<Rig["run"]>[2]][] = [
      ["d 2", ["/bin/true"], { cwd: "/no/such/directory" }],
      ["d 20", ["/bin/true"], { cwd: plain }],
      ["i 2", ["/bin/true"], { stdin: rig.path("no-input") }],
      ["i 21", ["/bin/true"], { stdin: rig.directory }],
      ["l 22", ["/bin/true"], { log: "../outside.log" }],
      ["l 22", ["/bin/true"], { errorLog: "a/b" }],
      ["r 2", ["/no/such/program"], {}],
      ["r 13", [plain], {}],
      ["r 13", [rig.directory], {}],
      ["r 2", [rig.path("lost")], {}],
      ["r 8", [rig.path("garbage")], {}],
      ["r 7", ["/bin/true", "x".repeat(200_000)], {}],
    ];
    cases.forEach(([, args, options], index) => rig.run(index + 1, args, options));
    for (const [index, [expected]] of cases.entries()) {
      const end = await rig.end(index + 1);
      assert.deepEqual([`${end.how} ${end.value}`, index], [expected, index]);
      assert.match(rig.read().story(index + 1), /^bp?e$/);
      assert.equal(existsSync(rig.path(`logs/${index + 1}.log`)), false);
    }
    assert.equal(existsSync(rig.path("outside.log")), false);
  });

  test("a log that is there, or a link, is never written to", async (t) => {
    const rig = new Rig(t, kind);
    writeFileSync(rig.path("logs/1.log"), "old");
    writeFileSync(rig.path("target"), "kept");
    symlinkSync(rig.path("target"), rig.path("logs/2.log"));
    symlinkSync(rig.path("nowhere"), rig.path("logs/3.log"));
    writeFileSync(rig.path("logs/4.err"), "old");
    for (const key of [1, 2, 3]) rig.shell(key, "echo new");
    rig.shell(4, "echo new >&2", { errorLog: "4.err" });
    for (const key of [1, 2, 3, 4]) assert.equal(await rig.result(key), "l 17");
    assert.deepEqual([rig.log(1), rig.log("../target"), rig.log("4.err")], ["old", "kept", "old"]);
    assert.equal(existsSync(rig.path("nowhere")), false);
  });

  test("a directory of logs that is missing is told, and once it is there the next task runs", async (t) => {
    const rig = new Rig(t, kind);
    rig.context(2, rig.directory, [], rig.path("later"));
    rig.shell(1, "echo one", { context: 2 });
    assert.equal(await rig.result(1), "l 2");
    mkdirSync(rig.path("later"));
    rig.shell(2, "echo two", { context: 2 });
    assert.equal(await rig.result(2), "x 0");
    assert.equal(rig.log("../later/2.log"), "two\n");
  });

  test("a script that does not say who runs it is the shell's", async (t) => {
    const rig = new Rig(t, kind);
    const script = rig.path("script");
    writeFileSync(script, 'echo "$0|$1|$2"\n');
    chmodSync(script, 0o755);
    writeFileSync(rig.path("empty"), "", { mode: 0o755 });
    rig.run(1, [script, "a b", ""]);
    rig.run(2, [rig.path("empty")]);
    assert.deepEqual([await rig.result(1), await rig.result(2)], ["x 0", "x 0"]);
    assert.equal(rig.log(1), `${script}|a b|\n`);
  });

  test("what a task used is told, what its children used with it", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(
      1,
      "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; (head -c 40000000 /dev/zero | tail -c 40000000 | wc -c); times",
    );
    rig.run(2, ["/bin/true"]);
    const [large, small] = await rig.ends([1, 2]);
    // The shell's own account, in hundredths of a second: of itself, and of its children.
    const seconds = [...rig.log(1).matchAll(/(\d+)m([\d.]+)s (\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
    assert.equal(seconds.length, 2, rig.log(1));
    const user = seconds.reduce((sum, value) => sum + value, 0);
    assert.ok(user > 0, "the task was large enough");
    assert.ok(large!.userUs + 20_000 >= user * 1e6, `${large!.userUs} µs of ${user} s`);
    assert.ok(large!.rssKb > 39_000, `${large!.rssKb} KiB`);
    if (kind.hasOwnMemory) assert.ok(small!.rssKb > 0 && small!.rssKb < 8_000, `${small!.rssKb} KiB`);
  });
}
