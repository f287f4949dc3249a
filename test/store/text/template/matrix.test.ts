import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskSpec } from "../../../../src/domain/task.js";
import { graphFaults } from "../../../../src/store/text/graph-faults.js";
import { readJob } from "../../../../src/store/text/job-file.js";
import type { ExpandWishes } from "../../../../src/store/text/template/expand-job.js";

async function read(file: unknown, wishes: ExpandWishes = {}): ReturnType<typeof readJob> {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return readJob(text, { fileName: typeof file === "string" ? "job.yaml" : "job.json", now: 0, ...wishes });
}

async function tasksOf(file: unknown, wishes: ExpandWishes = {}): Promise<readonly TaskSpec[]> {
  const { job, faults, place, originOf } = await read(file, wishes);
  assert.deepEqual([...faults, ...place(graphFaults(job.tasks, undefined, originOf))], []);
  return job.tasks;
}

/** Every fault, with its place but without line and column. */
async function faultsOf(file: unknown, wishes: ExpandWishes = {}): Promise<string[]> {
  const { job, faults, place, originOf, isWhole } = await read(file, wishes);
  const all = isWhole ? [...faults, ...place(graphFaults(job.tasks, undefined, originOf))] : faults;
  return all.map((fault) => `${fault.place.replace(/^job\.\w+:\d+:\d+(?:: )?/, "")}: ${fault.message}`);
}

const shard = (matrix: unknown, more: object = {}): object[] => [{ id: "p-{shard}", command: "x", matrix, ...more }];
const ids = async (file: unknown): Promise<string[]> => (await tasksOf(file)).map(({ id }) => id);

test("ranges have both their ends, steps, directions and widths; lists have what is in them as it is written", async () => {
  const cases: [string | readonly unknown[], string][] = [
    ["0..3", "0 1 2 3"],
    ["1..1", "1"],
    ["0..10..5", "0 5 10"],
    ["0..9..5", "0 5"],
    ["-1..1", "-1 0 1"],
    ["3..1", "3 2 1"],
    ["9..0..-4", "9 5 1"],
    ["08..10", "08 09 10"],
    [["a", 1, true, 1.5], "a 1 true 1.5"],
  ];
  for (const [values, expected] of cases)
    assert.deepEqual(
      await ids(shard({ shard: values })),
      expected.split(" ").map((value) => `p-${value}`),
    );
  assert.deepEqual(await ids('- { id: "p-{v}", command: x, matrix: { v: [3.9, 3.10, 1e3] } }'), ["p-3.9", "p-3.10", "p-1e3"]);
});

test("every combination becomes a task, the last key fastest, without what is excluded and with what is included", async () => {
  const matrix = {
    shard: [1, 2],
    lang: ["de", "fr", "it"],
    exclude: [{ shard: 1, lang: "fr" }, { lang: "it" }],
    include: [{ shard: 9, lang: "en" }],
  };
  assert.deepEqual(await ids([{ id: "{lang}{shard}", command: "x", matrix }]), ["de1", "de2", "fr2", "en9"]);
});

test("the value is put into every string of the task, and what it came of is kept", async () => {
  const [task] = await tasksOf([
    {
      id: "p-{shard}",
      command: "run-{shard}",
      args: ["--shard={shard}", "{shard}/{shard}", "no"],
      env: { SHARD: "{shard}" },
      cwd: "work/{shard}",
      stdin: "in.{shard}",
      priority: "{shard}",
      retry_on: ["{shard}"],
      _note: "{shard}",
      matrix: { shard: ["7"] },
    },
  ]);
  const { id, command, args, env, cwd, stdin, priority, retryOn, matrixOf } = task!;
  assert.deepEqual(
    { id, command, args, env, cwd, stdin, priority, retryOn, matrixOf },
    {
      id: "p-7",
      command: "run-7",
      args: ["--shard=7", "7/7", "no"],
      env: { SHARD: "7" },
      cwd: "work/7",
      stdin: "in.7",
      priority: 7,
      retryOn: [7],
      matrixOf: "p-{shard}",
    },
  );
});

test("who depends on a template depends on all of it, and on the same values of the keys that both have", async () => {
  const tasks = await tasksOf([
    { id: "get-{shard}", command: "x", matrix: { shard: "1..2" } },
    { id: "use-{shard}-{lang}", command: "x", dependencies: ["get-{shard}"], matrix: { shard: "1..2", lang: ["a", "b"] } },
    { id: "sum-{shard}", command: "x", dependencies: ["use-{shard}-{lang}"], matrix: { shard: "1..2" } },
    { id: "all", command: "x", dependencies: ["sum-{shard}", "use-{shard}-{lang}"] },
    { id: "one", command: "x", dependencies: ["use-2-a"] },
  ]);
  assert.deepEqual(Object.fromEntries(tasks.map(({ id, dependencies }) => [id, dependencies.join(" ")])), {
    "get-1": "",
    "get-2": "",
    "use-1-a": "get-1",
    "use-1-b": "get-1",
    "use-2-a": "get-2",
    "use-2-b": "get-2",
    "sum-1": "use-1-a use-1-b",
    "sum-2": "use-2-a use-2-b",
    all: "sum-1 sum-2 use-1-a use-1-b use-2-a use-2-b",
    one: "use-2-a",
  });
});

test("a template may stand behind those that depend on it, and beside tasks whose ids are made", async () => {
  const tasks = await tasksOf([{ command: "merge", dependencies: ["p-{shard}"] }, ...shard({ shard: "0..2" }), { command: "x" }]);
  assert.deepEqual(
    tasks.map(({ id, dependencies }) => [id, dependencies.length]),
    [
      ["task-1", 3],
      ["p-0", 0],
      ["p-1", 0],
      ["p-2", 0],
      ["task-3", 0],
    ],
  );
});

test("braces that mean something to others stay what they are", async () => {
  const args = [
    "{ print $1 }",
    "{}",
    "${HOME}",
    "{{.Name}}",
    "{{json .}}",
    "{a,b}",
    "{1..3}",
    "a{{shard}b",
    "${{shard}}x",
    "{{{shard}}",
  ];
  const [task] = await tasksOf(shard({ shard: [5] }, { args: args.filter((each) => each !== "${{shard}}x") }));
  assert.deepEqual(task!.args, [
    "{ print $1 }",
    "{}",
    "${HOME}",
    "{{.Name}}",
    "{{json .}}",
    "{a,b}",
    "{1..3}",
    "a{shard}b",
    "{5}",
  ]);
});

test("without params and a matrix no brace means anything", async () => {
  const args = ["{date}", "{{date}}", "${date}", "{{"];
  const tasks = await tasksOf([
    { id: "a-{date}", command: "x", args },
    { command: "{x}", dependencies: ["a-{date}"] },
    ...shard({ shard: [1] }),
  ]);
  assert.deepEqual([tasks[0]!.id, tasks[0]!.args, tasks[1]!.command], ["a-{date}", args, "{x}"]);
});

const wrong: readonly (readonly [name: string, file: unknown, ...faults: string[]])[] = [
  [
    "no object",
    shard(5),
    'tasks[0] ("p-{shard}").matrix: expected an object such as {"shard": "0..9"} or {"lang": ["de", "fr"]}, got the number 5',
  ],
  ["no key", shard({}), 'tasks[0] ("p-{shard}").matrix: expected at least one key, such as {"shard": "0..9"}'],
  [
    "an empty list",
    shard({ shard: [] }),
    'tasks[0] ("p-{shard}").matrix.shard: expected at least one value, got an empty list: then there would be no task at all',
  ],
  [
    "a word that is no range",
    shard({ shard: "0-9" }),
    'tasks[0] ("p-{shard}").matrix.shard: expected a list, or a range such as "0..9" or "0..100..10", got the text "0-9"',
  ],
  [
    "a range that never ends",
    shard({ shard: "0..9..-1" }),
    'tasks[0] ("p-{shard}").matrix.shard: expected a list, or a range such as "0..9" or "0..100..10", got "0..9..-1", which never comes to its end',
  ],
  [
    "a range of 10^9",
    shard({ shard: "0..999999999" }),
    'tasks[0] ("p-{shard}").matrix: expected at most 1,000,000 combinations, got 1,000,000,000: let a task do more than one of them',
  ],
  [
    "a value twice",
    shard({ shard: [1, "1"] }),
    'tasks[0] ("p-{shard}").matrix.shard[1]: the value "1" stands there twice: remove one',
  ],
  [
    "a value that is none",
    shard({ shard: [[1]] }),
    'tasks[0] ("p-{shard}").matrix.shard[0]: expected a text, a number, true or false, got a list',
  ],
  [
    "a placeholder that no key gives",
    shard({ shard: [1] }, { args: ["{shards}", "{other}"] }),
    'tasks[0] ("p-{shard}").args[0]: nothing of the name shards is declared, in `{shards}`: did you mean `{shard}`? Else write `{{shards}` for the text itself',
    'tasks[0] ("p-{shard}").args[1]: nothing of the name other is declared, in `{other}`: write `{{other}` for the text itself',
  ],
  [
    "what can be read in two ways",
    shard({ shard: [1] }, { args: ["{{shard}}", "${shard}"] }),
    'tasks[0] ("p-{shard}").args[0]: `{{shard}}` can be read in two ways: write `{shard}` for its value, `{{shard}` for the text `{shard}`, `{{{{shard}}` for `{{shard}}`',
    'tasks[0] ("p-{shard}").args[1]: `${shard}` can be read in two ways: write `{shard}` for the value, `${{shard}` for the shell\'s variable',
  ],
  [
    "an id without its placeholder",
    [{ id: "p", command: "x", matrix: { shard: [1], lang: ["a"] } }],
    'tasks[0] ("p").id: the tasks of a matrix need ids of their own, so the id must contain {shard} and {lang}: write "p-{shard}-{lang}"',
  ],
  [
    "no id",
    [{ command: "x", matrix: { shard: [1] } }],
    'tasks[0]: the tasks of a matrix need ids of their own, so the id must contain {shard}: write "process-{shard}"',
  ],
  [
    "two templates that expand to one id",
    [...shard({ shard: [1, 2] }), { id: "p-{n}", command: "x", matrix: { n: [2, 3] } }],
    'tasks[1] ("p-{n}").id: duplicate id "p-2": tasks[0] has it already',
  ],
  [
    "a reference to a shard that isn't there",
    [...shard({ shard: "0..3" }), { id: "m", command: "x", dependencies: ["p-7"] }],
    'tasks[1] ("m").dependencies[0]: unknown dependency "p-7": did you mean "p-0"?',
  ],
  [
    "matrices that don't fit",
    [...shard({ shard: "0..3" }), { id: "q-{shard}", command: "x", dependencies: ["p-{shard}"], matrix: { shard: "3..5" } }],
    'tasks[1] ("q-{shard}").dependencies[0]: no task of "p-{shard}" has shard "4": the two matrices don\'t fit',
  ],
  [
    "everything excluded",
    shard({ shard: [1], exclude: [{ shard: 1 }] }),
    'tasks[0] ("p-{shard}").matrix: nothing is left of it: `exclude` takes every combination away',
  ],
  [
    "a rule of another key",
    shard({ shard: [1], exclude: [{ lang: "a" }], include: [{}] }),
    'tasks[0] ("p-{shard}").matrix.exclude[0].lang: the matrix has no key "lang", only "shard"',
    'tasks[0] ("p-{shard}").matrix.include[0]: expected a value for each key, but "shard" is missing',
  ],
  [
    "one fault in all of its tasks",
    shard({ shard: "1..100" }, { timeout: -1, dependencies: ["gone-{shard}"] }),
    'tasks[0] ("p-{shard}").timeout: expected a number of seconds above 0, got the number -1 (and likewise in 99 more of its tasks)',
    'tasks[0] ("p-{shard}").dependencies[0]: unknown dependency "gone-1" (and likewise in 99 more of its tasks)',
  ],
  [
    "a fault behind a template in the list of dependencies",
    [...shard({ shard: "1..3" }), { id: "m", command: "x", dependencies: ["p-{shard}", "nothing-like-it"] }],
    'tasks[1] ("m").dependencies[1]: unknown dependency "nothing-like-it"',
  ],
  [
    "a template that depends on itself",
    shard({ shard: [1] }, { dependencies: ["p-{shard}"] }),
    'tasks[0] ("p-{shard}").dependencies[0]: task "p-1" depends on itself',
  ],
  [
    "more dependencies than anybody means",
    [
      { id: "a-{i}", command: "x", matrix: { i: "1..10000" } },
      { id: "b-{j}", command: "x", dependencies: ["a-{i}"], matrix: { j: "1..10000" } },
    ],
    'tasks[1] ("b-{j}").dependencies: the matrices of this file give more than 10,000,000 dependencies: put a task between them that waits for all',
  ],
  [
    "a matrix in `defaults`",
    { defaults: { matrix: { a: [1] } }, tasks: [] },
    "defaults.matrix: unknown key `matrix`: remove it, or begin it with `_` to make it a comment",
  ],
];

for (const [name, file, ...faults] of wrong) {
  test(`a matrix is refused at its place in the file: ${name}`, async () => assert.deepEqual(await faultsOf(file), faults));
}

test("more tasks than a caller allows are refused with the figure before any is made", async () => {
  const faults = await faultsOf(shard({ shard: "1..250000" }), { mostTasks: 100_000, remedy: "say so" });
  assert.deepEqual(faults, ['tasks[0] ("p-{shard}").matrix: the file expands to 250,000 tasks, more than 100,000: say so']);
  assert.equal((await tasksOf(shard({ shard: "1..150000" }), {})).length, 150_000);
});

test("the line that a fault is told with is that of the template", async () => {
  const { faults } = await read('tasks:\n  - id: "p-{shard}"\n    command: x\n    matrix: { shard: "0..9" }\n    retries: -1\n');
  assert.deepEqual(
    faults.map(({ place }) => place),
    ['job.yaml:5:5: tasks[0] ("p-{shard}").retries'],
  );
});
