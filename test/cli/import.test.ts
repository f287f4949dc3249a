/** What `import` makes is a job file that `validate` passes and that does what its source does: the real make is asked for both. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePlayground, type Playground } from "./support/cli.js";

const hasMake = spawnSync("make", ["--version"]).status === 0;
const skip = hasMake ? false : "there is no make on PATH";

interface Task {
  readonly id: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly dependencies?: readonly string[];
}

/** The tasks of what was imported, once `validate` has passed it. */
async function imported({ run, write, dir }: Playground, ...args: readonly string[]): Promise<readonly Task[]> {
  const { code, stdout, stderr } = await run(["import", ...args]);
  assert.equal(code, 0, stderr);
  write("job.json", stdout);
  const checked = await run(["validate", "job.json"]);
  assert.equal(checked.code, 0, checked.stderr);
  return (JSON.parse(readFileSync(join(dir, "job.json"), "utf8")) as { tasks: Task[] }).tasks;
}

const MAKEFILE = `PARTS = one.part two.part
.PHONY: all report clean
all: result report
result: $(PARTS) | out
\tcat $(PARTS) > $@
\t@echo made $@ with '$$' and "quotes" >> $@
%.part: %.txt
\tsed s/a/b/ $< > $@
out:
\tmkdir -p out
report: result
\t-false
\tcd out && \\
\t  pwd | sed 's:.*/::' > where
\techo $(words $(PARTS)) > out/count
clean:
\trm -rf out *.part result
`;

test("a Makefile is known by its name, whatever follows it", { skip }, async (context) => {
  const playground = makePlayground(context);
  for (const name of ["GNUmakefile", "Makefile.linux", "rules.mk"]) {
    playground.write(name, "all:\n\ttrue\n");
    assert.deepEqual(
      (await imported(playground, name)).map(({ id }) => id),
      ["all"],
    );
  }
});

test("a Makefile becomes a job that builds what make builds", { skip }, async (context) => {
  const [ours, theirs] = [makePlayground(context), makePlayground(context)];
  for (const { write } of [ours, theirs]) {
    write("Makefile", MAKEFILE);
    write("one.txt", "a\n");
    write("two.txt", "banana\n");
  }
  const tasks = await imported(ours, "Makefile");
  assert.deepEqual(Object.fromEntries(tasks.map(({ id, dependencies = [] }) => [id, dependencies])), {
    "one.part": [],
    "two.part": [],
    out: [],
    result: ["one.part", "two.part", "out"],
    report: ["result"],
  });
  const ran = await ours.run(["run", "job.json"]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(spawnSync("make", ["-C", theirs.dir], { stdio: "ignore" }).status, 0);
  for (const file of ["result", "out/where", "out/count", "one.part"])
    assert.equal(readFileSync(join(ours.dir, file), "utf8"), readFileSync(join(theirs.dir, file), "utf8"), file);
});

test("of a Makefile only what the goals need is imported", { skip }, async (context) => {
  const playground = makePlayground(context);
  playground.write("Makefile", MAKEFILE);
  playground.write("one.txt", "a\n");
  playground.write("two.txt", "a\n");
  assert.deepEqual(
    (await imported(playground, "Makefile", "one.part", "clean")).map(({ id }) => id),
    ["one.part", "clean"],
  );
});

test("what has no equivalent is refused with its line, and nothing of it is run", { skip }, async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("rules.mk", "sub:\n\t$(MAKE) -C sub\n");
  write(
    "Makefile",
    "include rules.mk\nexport MODE = fast\nSHELL := /bin/bash\n.ONESHELL:\nall: sub\n\t+touch touched\nlog::\n\techo x >> log\n.NOTPARALLEL:\n",
  );
  const { code, stderr, stdout } = await run(["import", "Makefile"]);
  assert.deepEqual([code, stdout], [2, ""]);
  const places = [...stderr.matchAll(/^ {2}(\S+:\d+): /gm)].map(([, place]) => place);
  assert.deepEqual(places, ["Makefile:2", "Makefile:3", "Makefile:4", "Makefile:6", "Makefile:7", "Makefile:9", "rules.mk:2"]);
  assert.match(stderr, /rules\.mk:2: a recursive make has no tasks of its own/);
  assert.throws(() => readFileSync(join(dir, "touched")));
});

test(
  "another shell and exported variables are refused where they are for one target or within a condition, too, and a command is none",
  { skip },
  async (context) => {
    const { write, run } = makePlayground(context);
    const refused = [
      "a: export X = 1",
      "ifndef Y\n  SHELL := /bin/bash\nendif",
      "override SHELL = /bin/bash",
      "a: SHELL = /bin/bash",
      "ifndef Y\n\texport X = 1\nendif",
    ];
    for (const text of refused) {
      write("Makefile", `${text}\na:\n\techo $$X\n`);
      assert.match((await run(["import", "Makefile"])).stderr, /^ {2}Makefile:[12]: (?:another shell|exported variables)/m, text);
    }
    write("Makefile", "a: export\n\texport X=1; echo $$X\nexport:\n\techo SHELL=\n");
    const { code, stdout, stderr } = await run(["import", "Makefile"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"export X=1; echo \$X"/);
  },
);

test("what make does by rules of its own is imported too", { skip }, async (context) => {
  const { dir, run } = makePlayground(context);
  writeFileSync(join(dir, "Makefile"), "CC = cc\nCFLAGS =\nall: app\n\techo done\napp: helper.o\n");
  for (const name of ["app.c", "helper.c"]) writeFileSync(join(dir, name), "");
  const { code, stdout, stderr } = await run(["import", "Makefile"]);
  assert.equal(code, 0, stderr);
  const { tasks } = JSON.parse(stdout) as { tasks: readonly Task[] };
  assert.deepEqual(
    tasks.map(({ id, args = [], dependencies = [] }) => [id, args.at(-1)?.split(/ +/)[0], dependencies]),
    [
      ["helper.o", "cc", []],
      ["app", "cc", ["helper.o"]],
      ["all", "echo", ["app"]],
    ],
  );
});

test("no Makefile is made anew, whatever its rules say of it", { skip }, async (context) => {
  const { dir, run } = makePlayground(context);
  const text = ["all: x.o", "%.o:", "\ttouch $@", "-include deps.mk", "deps.mk: source", "\ttouch evil; exit 1", ""].join("\n");
  writeFileSync(join(dir, "Makefile"), text);
  writeFileSync(join(dir, "source"), "");
  writeFileSync(join(dir, "deps.mk"), "");
  const before = readdirSync(dir).sort();
  const { code, stdout, stderr } = await run(["import", "Makefile"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"touch x\.o"/);
  assert.doesNotMatch(stdout, /evil/);
  assert.equal(readFileSync(join(dir, "Makefile"), "utf8"), text);
  assert.deepEqual(readdirSync(dir).sort(), before);
});

test(
  "what a Makefile includes and make would make first is not made: what need not be there is left out, what must is refused",
  { skip },
  async (context) => {
    const { dir, run, write } = makePlayground(context);
    const rules = "all: one\n\techo all\none:\n\techo one\n%.mk %.y:\n\ttouch evil $@\n";
    for (const include of ["-include deps.mk", "sinclude deps.mk", ""]) {
      write("Makefile", `${include}\n${rules}`);
      const { code, stdout, stderr } = await run(["import", "Makefile"]);
      assert.equal(code, 0, stderr);
      const { tasks } = JSON.parse(stdout) as { tasks: readonly Task[] };
      assert.deepEqual(
        tasks.map(({ id }) => id),
        ["one", "all"],
      );
    }
    write("Makefile", `include deps.mk\n${rules}`);
    const refused = await run(["import", "Makefile"]);
    assert.deepEqual([refused.code, refused.stdout], [2, ""]);
    assert.match(refused.stderr, /^ {2}deps\.mk: it is included and not there/m);
    assert.deepEqual(readdirSync(dir), ["Makefile"]);
    mkdirSync(join(dir, "inc"));
    writeFileSync(join(dir, "inc/deps.mk"), "two:\n\techo two\n");
    write("Makefile", `MAKEFLAGS += -Iinc\ninclude inc/deps.mk\n${rules}`);
    assert.match((await run(["import", "Makefile"])).stdout, /"id":"two"/);
    assert.deepEqual(readdirSync(dir).sort(), ["Makefile", "inc"]);
  },
);

test("what make itself refuses is told in its words", { skip }, async (context) => {
  const { write, run } = makePlayground(context);
  write("Makefile", "all: gone\n\techo x\n");
  const { code, stderr } = await run(["import", "Makefile"]);
  assert.equal(code, 2);
  assert.match(stderr, /make does not take Makefile: .*No rule to make target 'gone', needed by 'all'/);
});

test("a list of commands becomes a task a line, in the order of the file", async (context) => {
  const playground = makePlayground(context);
  playground.write("commands.txt", "# a comment\necho one > out-1\n\n  sort < in | uniq -c > 'out 2'  \n");
  const tasks = await imported(playground, "commands.txt");
  assert.deepEqual(tasks, [
    { id: "line-1", command: "sh", args: ["-c", "echo one > out-1"] },
    { id: "line-2", command: "sh", args: ["-c", "sort < in | uniq -c > 'out 2'"] },
  ]);
});

const recorded = [
  {
    name: "split",
    parents: [],
    children: ["map_1"],
    runtimeInSeconds: 0.5,
    command: { program: "split", arguments: ["-l", "10"] },
  },
  { name: "map_1", parents: ["split"], children: [], runtimeInSeconds: 2 },
];
const newer = {
  name: "demo",
  schemaVersion: "1.5",
  workflow: {
    specification: {
      tasks: recorded.map(({ name, parents, children }) => ({
        name,
        id: `${name}_ID1`,
        parents: parents.map((id) => `${id}_ID1`),
        children: children.map((id) => `${id}_ID1`),
      })),
    },
    execution: {
      tasks: recorded.map(({ name, runtimeInSeconds, command }) => ({
        id: `${name}_ID1`,
        runtimeInSeconds,
        ...(command && { command }),
      })),
    },
  },
};

test("WfFormat of older and newer versions becomes a job with what was recorded", async (context) => {
  const playground = makePlayground(context);
  playground.write("older.json", { name: "demo", schemaVersion: "1.4", workflow: { tasks: recorded } });
  playground.write("newer.json", newer);
  const commands = [
    ["split", ["-l", "10"]],
    ["sleep", ["2"]],
  ];
  for (const [file, suffix] of [
    ["older.json", ""],
    ["newer.json", "_ID1"],
  ] as const) {
    const tasks = await imported(playground, file);
    assert.deepEqual(
      tasks.map(({ command, args }) => [command, args]),
      commands,
      file,
    );
    assert.deepEqual(tasks[1]!.dependencies, [`split${suffix}`], file);
    assert.match(readFileSync(join(playground.dir, "job.json"), "utf8"), /^\{\n"name": "demo",/);
  }
  const asleep = await imported(playground, "newer.json", "--sleep");
  assert.deepEqual(
    asleep.map(({ args }) => args),
    [["0.5"], ["2"]],
  );
});

test("what can't be read, is empty or of another kind is one clear error", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("empty.txt", "\n# nothing\n");
  write("other.json", { tasks: [] });
  mkdirSync(join(dir, "folder"));
  writeFileSync(join(dir, "list.json"), '{"workflow": {"tasks": 5}}');
  const cases: [readonly string[], RegExp][] = [
    [["gone"], /gone does not exist, expected a file: check the path/],
    [["folder"], /folder is a directory, expected a file/],
    [["empty.txt"], /there is nothing to run in empty\.txt/],
    [["other.json", "--kind", "wfformat"], /other\.json is not WfFormat/],
    [["list.json"], /expected a list of tasks/],
    [["empty.txt", "all"], /targets are for a Makefile/],
  ];
  for (const [args, reason] of cases) {
    const { code, stderr } = await run(["import", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, reason);
  }
});
