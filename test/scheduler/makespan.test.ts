/** How long real graphs take, each task with a demand of its own, on a machine that exists in the simulation alone: no clock is asked. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskSpec } from "../../src/domain/task.js";
import { Chance } from "./support/chance.js";
import { Engine } from "./support/engine.js";
import { job, task } from "./support/jobs.js";
import { leastMakespan } from "./support/least-makespan.js";

interface Load {
  readonly spec: TaskSpec;
  readonly ms: number;
}

/** A few wide tasks, many narrow ones; the length of a task says nothing of its width. */
const CPUS = [0.5, 1, 1, 1, 1, 2, 2, 4];

function load(chance: Chance, id: string, dependencies: readonly string[], ms: number): Load {
  return { spec: task(id, dependencies, { resources: { cpu: chance.pick(CPUS) } }), ms: Math.max(1, Math.round(ms)) };
}

/** Layers, as a picture's tiles that are corrected, matched with their neighbours and put together. */
function mosaic(chance: Chance, tiles: number): Load[] {
  const loads = Array.from({ length: tiles }, (_, n) => load(chance, `project-${n}`, [], 100 + chance.below(60)));
  for (let n = 0; n + 1 < tiles; n++) {
    for (const other of [n + 1, Math.min(tiles - 1, n + 2 + chance.below(5))]) {
      const id = `diff-${n}-${other}`;
      if (!loads.some(({ spec }) => spec.id === id))
        loads.push(load(chance, id, [`project-${n}`, `project-${other}`], 20 + chance.below(40)));
    }
  }
  const diffs = loads.flatMap(({ spec }) => (spec.id.startsWith("diff") ? [spec.id] : []));
  loads.push(load(chance, "model", diffs, 300));
  for (let n = 0; n < tiles; n++) loads.push(load(chance, `correct-${n}`, [`project-${n}`, "model"], 40 + chance.below(40)));
  return [
    ...loads,
    load(
      chance,
      "add",
      Array.from({ length: tiles }, (_, n) => `correct-${n}`),
      400,
    ),
  ];
}

/** Two before many long ones of very different lengths, and one after all. @param serial how much longer those before and behind are. */
function alignment(chance: Chance, shards: number, serial = 1): Load[] {
  const loads = [load(chance, "split", [], 200 * serial), load(chance, "index", [], 350 * serial)];
  for (let n = 0; n < shards; n++) loads.push(load(chance, `align-${n}`, ["split", "index"], 50 + 400 * chance.number() ** 3));
  return [
    ...loads,
    load(
      chance,
      "merge",
      loads.slice(2).map(({ spec }) => spec.id),
      150 * serial,
    ),
  ];
}

/** Several groups, each gathered for itself and then compared with others. */
function populations(chance: Chance, groups: number, individuals: number): Load[] {
  const loads: Load[] = [];
  for (let g = 0; g < groups; g++) {
    const ids = Array.from({ length: individuals }, (_, n) => `individual-${g}-${n}`);
    for (const id of ids) loads.push(load(chance, id, [], 150 + chance.below(150)));
    loads.push(load(chance, `merge-${g}`, ids, 100), load(chance, `sift-${g}`, [], 120));
    for (let p = 0; p < 12; p++)
      loads.push(load(chance, `frequency-${g}-${p}`, [`merge-${g}`, `sift-${g}`], 80 + chance.below(200)));
  }
  return loads;
}

/** Runs it with stand-ins, each task for just its time. */
function makespan(loads: readonly Load[], cpu: number): number {
  const engine = new Engine({ concurrency: cpu, slots: 8 * cpu });
  const { recorder } = engine.add(job(loads.map(({ spec }) => spec)));
  const lengths = new Map(loads.map(({ spec, ms }) => [spec.id, ms]));
  const start = engine.clock.time;
  const ends = new Map<number, number>();
  for (let turn = 0; recorder.events.at(-1)?.type !== "job-ended"; turn++) {
    assert.ok(turn < 100_000, "it comes to an end");
    for (const [key, { task: id }] of engine.runner.running)
      if (!ends.has(key)) ends.set(key, engine.clock.time + lengths.get(id)!);
    const next = Math.min(...ends.values());
    engine.clock.time = next;
    const over = [...ends].filter(([, end]) => end === next).map(([key]) => key);
    over.forEach((key) => ends.delete(key));
    engine.runner.report(over.map((key) => ({ key, at: 0, result: { kind: "exited", exitCode: 0 }, wasStopped: false })));
  }
  return engine.clock.time - start;
}

// What is left is the bound: layers with one task between them leave some cpus idle on both sides of it, which it knows of one side alone.
for (const [name, most, make] of [
  ["layers with neighbours", 1.12, (chance: Chance) => mosaic(chance, 200)],
  ["two, many of very different lengths, one", 1.07, (chance: Chance) => alignment(chance, 500)],
  ["two that take a third of the time, many short ones, one as long", 1.05, (chance: Chance) => alignment(chance, 500, 8)],
  ["groups that are gathered and compared", 1.05, (chance: Chance) => populations(chance, 8, 40)],
] as const) {
  test(`${name}: hardly longer than it must take, on 4 to 32 cpus`, () => {
    for (const cpu of [4, 8, 16, 32]) {
      for (let seed = 1; seed <= 5; seed++) {
        const loads = make(new Chance(seed));
        const least = leastMakespan(
          loads.map(({ spec, ms }) => ({ ...spec, ms, cpu: spec.resources["cpu"]! })),
          cpu,
        );
        const took = makespan(loads, cpu);
        const words = `seed ${seed}, ${cpu} cpus: ${took} ms, at least ${Math.round(least)}: ${(took / least).toFixed(3)}`;
        assert.ok(took >= least - 1e-6, `the bound is none: ${words}`);
        assert.ok(took <= most * least, words);
      }
    }
  });
}
