import assert from "node:assert/strict";
import { test } from "node:test";
import { readJob } from "../../src/store/text/job-file.js";

/** The faults of one task, written as JSON on the line after the opening bracket, without their places. */
async function messagesOf(task: unknown): Promise<string[]> {
  const { faults } = await readJob(`[\n${JSON.stringify(task)}]`, { fileName: "job.json", now: 0 });
  for (const { place } of faults) assert.match(place, /^job\.json:2:\d+: tasks\[0\]/);
  return faults.map(({ message }) => message);
}

const badTasks: readonly (readonly [value: unknown, ...messages: string[]])[] = [
  [3, 'expected an object such as {"command": "echo", "args": ["hello"]}, got the number 3'],
  [[], 'expected an object such as {"command": "echo", "args": ["hello"]}, got a list'],
  [{ id: "a" }, 'the key is missing: say what to run, such as "command": "echo"'],
  [{ command: "" }, 'expected the name of a program such as "echo", got an empty text'],
  [{ command: null }, "expected a string, got null"],
  [{ command: ["echo", "x"] }, 'expected a string, got a list: write the program\'s name here and the rest as "args"'],
  [{ command: "a\0b" }, 'expected a string without NUL, for no program can be given one, got "a\\u0000b"'],
  [{ command: "x", id: "" }, "expected an id, got an empty text: leave the key out to get one made"],
  [{ command: "x", id: 7 }, 'expected a string, got the number 7: write "7"'],
  [{ command: "x", id: "a\nb" }, 'expected an id without NUL and line breaks, got "a\\nb"'],
  [{ command: "x", id: "ä".repeat(101) }, "expected an id of at most 200 bytes, got one of 202"],
  [{ command: "x", args: "-n 5" }, 'expected a list such as ["--shard", "1"], got the text "-n 5"'],
  [{ command: "x", args: ["a", 3, null] }, 'expected a string, got the number 3: write "3"', "expected a string, got null"],
  [{ command: "x", args: ["\0"] }, 'expected a string without NUL, for no program can be given one, got "\\u0000"'],
  [{ command: "x", args: ["\ud800"] }, 'expected whole characters, got half of a surrogate pair in "\\ud800"'],
  [
    { command: "x", args: ["y".repeat(131_072)] },
    "expected at most 131,071 bytes, the kernel's limit, got 131,072: put it into a file and name that",
  ],
  [
    { command: "x", args: Array.from({ length: 64 }, () => "y".repeat(131_071)) },
    "expected at most 6,291,456 bytes of arguments, the kernel's limit, got 8,389,120: put them into a file and name that, or split the task",
  ],
  [{ command: "x", dependencies: "a" }, 'expected a list such as ["prepare"], got the text "a"'],
  [{ command: "x", dependencies: [1] }, 'expected a string, got the number 1: write "1"'],
  [{ command: "x", env: ["A=1"] }, 'expected an object such as {"MODE": "fast"}, got a list'],
  [
    { command: "x", env: { A: 1, B: true, C: null, "D=": "x", "": "x" } },
    'expected a string, got the number 1: write it in quotes, "1"',
    'expected a string, got true: write it in quotes, "true"',
    "expected a string, got null",
    'expected a variable\'s name without "=" and NUL, got "D="',
    'expected a variable\'s name without "=" and NUL, got ""',
  ],
  [{ command: "x", cwd: "" }, "expected a text, got an empty one"],
  [{ command: "x", stdin: 0 }, 'expected a string, got the number 0: write "0"'],
  [{ command: "x", timeout: -1 }, "expected a number of seconds above 0, got the number -1"],
  [{ command: "x", timeout: 0 }, "expected a number of seconds above 0, got the number 0"],
  [{ command: "x", timeout: "30" }, 'expected a number of seconds above 0, got the text "30": write 30 without quotes'],
  [{ command: "x", timeout: "30s" }, 'expected a number of seconds above 0, got the text "30s": write 30'],
  [{ command: "x", timeout: "1.5 h" }, 'expected a number of seconds above 0, got the text "1.5 h": write 5400'],
  [{ command: "x", timeout: "0m" }, 'expected a number of seconds above 0, got the text "0m"'],
  [{ command: "x", retry_delay: "100ms" }, 'expected a number of seconds, 0 or more, got the text "100ms": write 0.1'],
  [{ command: "x", timeout: 1e300 }, "expected at most 1000000000 seconds, got the number 1e+300"],
  [{ command: "x", timeout: "1e300" }, 'expected a number of seconds above 0, got the text "1e300"'],
  [{ command: "x", retry_delay: 1e10 }, "expected at most 1000000000 seconds, got the number 10000000000"],
  [{ command: "x", retries: -1 }, "expected a whole number from 0 to 1000, got the number -1"],
  [{ command: "x", retries: 1.5 }, "expected a whole number from 0 to 1000, got the number 1.5"],
  [{ command: "x", retries: 1001 }, "expected a whole number from 0 to 1000, got the number 1001"],
  [{ command: "x", retry_delay: -1 }, "expected a number of seconds, 0 or more, got the number -1"],
  [{ command: "x", retry_backoff: 0.5 }, "expected a factor from 1 to 1000, got the number 0.5"],
  [{ command: "x", retry_on: "timeout" }, 'expected a list such as [75, "SIGKILL", "timeout"], got the text "timeout"'],
  [
    { command: "x", retry_on: [0, "KILL", "SIGKIL"] },
    'expected an exit code from 1 to 255, a signal such as "SIGKILL", or "timeout", got the number 0',
    'expected an exit code from 1 to 255, a signal such as "SIGKILL", or "timeout", got the text "KILL": did you mean "SIGKILL"?',
    'expected an exit code from 1 to 255, a signal such as "SIGKILL", or "timeout", got the text "SIGKIL": did you mean "SIGKILL"?',
  ],
  [
    { command: "x", trigger_rule: "all_sucess" },
    'expected one of "all_success", "all_done", "any_failed", got the text "all_sucess": did you mean "all_success"?',
  ],
  [
    { command: "x", trigger_rule: "none_failed" },
    'expected one of "all_success", "all_done", "any_failed", got the text "none_failed": did you mean "all_success"?',
  ],
  [{ command: "x", priority: 1.5 }, "expected a whole number, got the number 1.5"],
  [{ command: "x", priority: 2 ** 53 }, "expected a whole number, up to 9007199254740991, got the number 9007199254740992"],
  [{ command: "x", priority: true }, "expected a whole number, got true"],
  [{ command: "x", on_lost: "retry" }, 'expected one of "rerun", "fail", got the text "retry"'],
  [{ command: "x", depends_on: [] }, "unknown key `depends_on`: did you mean `dependencies`?"],
  [
    { command: "x", continueOn: {}, outputs: ["y"] },
    "unknown key `continueOn`: what is to run although this fails has `trigger_rule: all_done`",
    "unknown key `outputs`: no file is looked at, so say in `dependencies` what comes before",
  ],
  [{ command: "x", colour: "red" }, "unknown key `colour`: remove it, or begin it with `_` to make it a comment"],
  [{ command: "x", resources: [] }, 'expected an object such as {"cpu": 2, "memory": "4GiB"}, got a list'],
  [{ command: "x", resources: { cpu: "many" } }, 'expected a number from 0.01 to 1000000, got the text "many"'],
  [
    { command: "x", matrix: { shard: [0] } },
    'the tasks of a matrix need ids of their own, so the id must contain {shard}: write "process-{shard}"',
  ],
];

for (const [value, ...messages] of badTasks) {
  test(`a task is refused: ${messages[0]}`, async () => {
    assert.deepEqual(await messagesOf(value), messages);
  });
}

test("any text is a task's id", async () => {
  for (const id of ["process-a b.txt", "x/y", "..", ".hidden", "-rf", "日本語", "🙂", "C:\\x", "~"])
    assert.deepEqual(await messagesOf({ id, command: "x" }), []);
});
