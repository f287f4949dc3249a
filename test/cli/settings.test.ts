import assert from "node:assert/strict";
import { test } from "node:test";
import { allOptions, variableOf, type OptionName } from "../../src/cli/command-line/options.js";
import { Settings } from "../../src/cli/command-line/settings.js";

const concurrency = (value: string, cores: number): number => new Settings({ concurrency: value }, {}).concurrency(cores);

test("concurrency is a number, a share of the cores, or a multiple; at least one", () => {
  assert.deepEqual(
    [concurrency("8", 2), concurrency("50%", 8), concurrency("2x", 4), concurrency("1.5x", 2), concurrency("1%", 4)],
    [8, 4, 8, 3, 1],
  );
  assert.equal(new Settings({}, {}).concurrency(6), 6);
});

for (const value of ["0", "-1", "1.5", "many", "", "0%", "0x", "1e3", "9".repeat(30)]) {
  test(`concurrency "${value}" is refused`, () => {
    assert.throws(() => concurrency(value, 4), { code: "AIR_USAGE", message: /expected a whole number of tasks such as 8/ });
  });
}

test("the option wins over the variable, and an empty variable counts as none", () => {
  assert.equal(new Settings({ dir: "a" }, { AIR_EXECUTOR_DIR: "b" }).dir(), "a");
  assert.equal(new Settings({}, { AIR_EXECUTOR_DIR: "b" }).dir(), "b");
  assert.equal(new Settings({}, { AIR_EXECUTOR_DIR: "" }).dir(), ".air-executor");
});

test("seconds become milliseconds", () => {
  assert.equal(new Settings({ "grace-period": "1.5" }, {}).gracePeriodMs(), 1500);
  assert.equal(new Settings({}, { AIR_EXECUTOR_GRACE_PERIOD: "0" }).gracePeriodMs(), 0);
  assert.throws(() => new Settings({}, { AIR_EXECUTOR_GRACE_PERIOD: "soon" }).gracePeriodMs(), {
    message: /^AIR_EXECUTOR_GRACE_PERIOD is "soon"/,
  });
});

test("no option is read from a variable that every task finds in its environment, except the directory", () => {
  const variables = (Object.keys(allOptions) as OptionName[]).map(variableOf);
  for (const name of ["JOB", "TASK", "ATTEMPT"]) assert.ok(!variables.includes(`AIR_EXECUTOR_${name}`));
});
