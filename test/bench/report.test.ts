import { strict as assert } from "node:assert";
import { test } from "node:test";
import * as columns from "../../bench/columns.js";
import type { Goal, Scenario } from "../../bench/contender.js";
import type { ContenderResult } from "../../bench/result.js";
import { judge, renderReport, type Results } from "../../bench/report.js";

const goal: Goal = {
  what: "speed ÷ slow",
  kind: "at least",
  bar: 1.5,
  hope: 2,
  unit: "×",
  of: (measured) => measured.speed("fast", "slow"),
};

const scenario: Scenario = {
  name: "race",
  title: "who is first",
  contenders: [],
  columns: [columns.wall, columns.rate(10), columns.speedOver("slow")],
  goals: [goal],
};

function render(found: readonly ContenderResult[]): string {
  const machine = { cpu: "A CPU", cores: 2, memoryGb: 4, kernel: "Linux", fileSystem: "ext4", load: 0 };
  const about = {
    takenAt: "2030-01-01T00:00:00.000Z",
    command: "npm run bench",
    isQuick: false,
    rounds: 3,
    versions: { node: "v20" },
  };
  const results: Results = { ...about, machine, scenarios: { race: found } };
  return renderReport(results, [scenario]);
}

const slow: ContenderResult = {
  name: "slow",
  command: "slow",
  kind: "measured",
  samples: [{ wallMs: 200 }, { wallMs: 900 }, { wallMs: 100 }],
};
const fast: ContenderResult = {
  name: "fast",
  command: "fast",
  kind: "measured",
  samples: [{ wallMs: 100 }, { wallMs: 110 }, { wallMs: 90 }],
};

test("the report shows medians with their range, and ratios of medians", () => {
  const report = render([slow, fast]);
  assert.match(report, /^\| slow \| 200 \(100–900\) \| 50 \| 1\.00 \|$/m);
  assert.match(report, /^\| fast \| 100 \(90–110\) \| 100 \| 2\.00 \|$/m);
  assert.match(report, /^\| speed ÷ slow \| ≥ 1\.5 × \| ≥ 2 × \| 2\.00 × \| hope \|$/m);
});

test("who failed or was skipped has no numbers, nor has what would be made of them", () => {
  const report = render([
    { name: "slow", command: "slow", kind: "failed", reason: "run 2: exited with 1:\nno luck" },
    { name: "gone", command: "gone", kind: "skipped", reason: "gone is not installed" },
    fast,
  ]);
  assert.match(report, /^\| slow \| failed \| – \| – \|$/m);
  assert.match(report, /^\| gone \| skipped \| – \| – \|$/m);
  assert.match(report, /^\| fast \| 100 \(90–110\) \| 100 \| – \|$/m);
  assert.match(report, /^\| speed ÷ slow \|.*\| – \| not measured \|$/m);
  assert.match(report, /^- slow failed: run 2: exited with 1: no luck$/m);
  assert.match(report, /^- gone skipped: gone is not installed$/m);
});

test("a goal is judged in its own direction, and its mark counts as reached", () => {
  assert.deepEqual(
    [1.49, 1.5, 2, null].map((measured) => judge(goal, measured)),
    ["missed", "bar", "hope", "not measured"],
  );
  assert.deepEqual(
    [200, 100, 50].map((measured) => judge({ ...goal, kind: "at most", bar: 100, hope: 50 }, measured)),
    ["missed", "bar", "hope"],
  );
});
