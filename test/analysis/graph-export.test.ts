import assert from "node:assert/strict";
import { test } from "node:test";
import { toData, toDot, toMermaid } from "../../src/analysis/graph-export.js";
import { buildTaskGraph, levelsOf, type GraphTask } from "../../src/analysis/task-graph.js";
import { graphText } from "../../src/cli/render/graph-text.js";
import { plainStyle } from "../../src/cli/render/style.js";

const task = (id: string, dependencies: string[] = [], status: string | null = null): GraphTask => ({ id, dependencies, status });
const diamond = [task("a", [], "completed"), task("b", ["a"]), task("c", ["a"]), task("d", ["b", "c"])];

test("levels follow the longest chain before a task", () => {
  const graph = buildTaskGraph("j", [...diamond, task("late", ["a", "d"])]);
  assert.deepEqual(levelsOf(graph), [["t0"], ["t1", "t2"], ["t3"], ["t4"]]);
});

test("a chain of 20,000 tasks is drawn in every form", () => {
  const chain = Array.from({ length: 20_000 }, (_, index) => task(`n${index}`, index === 0 ? [] : [`n${index - 1}`]));
  const graph = buildTaskGraph("chain", chain);
  assert.equal(levelsOf(graph).length, 20_000);
  for (const draw of [toMermaid, toDot]) assert.equal(draw(graph).match(/t19998 --?> t19999/g)?.length, 1);
  assert.match(graphText(graph, plainStyle), /n19999 {2}← n19998\n/);
});

test("a cycle ends the levels instead of hanging", () => {
  const graph = buildTaskGraph("j", [task("a"), task("b", ["c"]), task("c", ["b"])]);
  assert.deepEqual(levelsOf(graph), [["t0"], ["t1", "t2"]]);
});

test("ids can't break out of a picture", () => {
  const hostile = [
    '"] --> x["',
    "a;b",
    "#quot;",
    "`md`",
    "<img src=x>",
    "__proto__",
    "constructor",
    "end",
    "\\N",
    'say "hi"',
    "a\x1bb",
    "名前",
  ];
  const graph = buildTaskGraph(
    'jo"b',
    hostile.map((id, index) => task(id, index === 0 ? [] : [hostile[index - 1] ?? ""])),
  );
  assert.equal(graph.nodeCount(), hostile.length);
  const mermaid = toMermaid(graph)
    .split("\n")
    .slice(1, 1 + hostile.length);
  for (const line of mermaid) assert.match(line, /^ {2}t\d+\["(?:[\p{L}\p{N} ._/:@+=,-]|#\d+;)*"\]$/u);
  const dot = toDot(graph).split("\n");
  assert.equal(dot[0], 'digraph "jo\\"b" {');
  for (const line of dot.slice(2, 2 + hostile.length)) assert.match(line, /^ {2}t\d+ \[label="(?:[^"\\\p{Cc}]|\\["\\])*"\];$/u);
  assert.deepEqual(
    toData(graph).tasks.map(({ id }) => id),
    hostile,
  );
});

test("what became of a task is its colour", () => {
  const graph = buildTaskGraph("j", diamond);
  assert.match(toMermaid(graph), /t0\["a"\]:::completed\n[\s\S]*classDef completed fill:/);
  assert.match(toDot(graph), /t0 \[label="a", fillcolor="#d3f9d8"/);
});

test("as data it names both ends of every dependency", () => {
  assert.deepEqual(toData(buildTaskGraph("j", diamond)).dependencies, [
    { from: "a", to: "b" },
    { from: "a", to: "c" },
    { from: "b", to: "d" },
    { from: "c", to: "d" },
  ]);
});
