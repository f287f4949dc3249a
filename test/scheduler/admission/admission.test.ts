/** What starts next: the limits, the order, and that nothing waits for ever. What is taken is always counted anew from what runs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resources } from "../../../src/domain/resources.js";
import { Chance } from "../support/chance.js";
import { takes, Trial, TrialJob, type TrialTask } from "./support.js";
import { fc } from "../../support/properties.js";

const GIB = 1024 ** 3;

/** A demand that fits into the engine and the job by itself. */
function randomDemand(chance: Chance, engine: Resources, own: Resources): Resources {
  const demand: Record<string, number> = {};
  for (const pool of new Set([...Object.keys(engine), ...Object.keys(own)])) {
    const size = Math.min(engine[pool] ?? Infinity, own[pool] ?? Infinity);
    if (pool === "memory") {
      if (chance.happens(0.4)) demand[pool] = Math.max(1, Math.floor(size * chance.number()));
    } else if (pool === "cpu" || chance.happens(0.4)) {
      const amount = chance.pick([0.1, 0.25, 0.5, 1, 1, 1, 1.5, 2, size]);
      demand[pool] = amount <= size ? amount : size;
    }
  }
  return demand;
}

function randomJob(chance: Chance, engine: Resources): TrialJob {
  const own: Record<string, number> = {};
  if (chance.happens(0.3)) own["licence"] = 1 + chance.below(3);
  if (chance.happens(0.2)) own["memory"] = Math.ceil((engine["memory"] ?? GIB) * 0.5);
  return new TrialJob({ pools: own, limit: chance.happens(0.3) ? 1 + chance.below(4) : Infinity });
}

test("over random jobs, machines and demands no pool is ever above its size, what fits starts, and every task starts in the end", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 20, max: 200 }), (seed, turns) => {
      const chance = new Chance(seed);
      const engine = { cpu: chance.pick([1, 2, 2.5, 8]), memory: chance.pick([1, 3, 16]) * GIB, gpu: chance.below(4), api: 3 };
      const pools = Object.fromEntries(Object.entries(engine).filter(([, size]) => size > 0));
      const trial = new Trial(pools);
      for (let turn = 0; turn < turns; turn++) {
        trial.time += chance.below(3_000);
        const luck = chance.number();
        const job = trial.jobs.length === 0 ? null : chance.pick(trial.jobs);
        if (job === null || (luck < 0.1 && trial.jobs.length < 4)) {
          trial.enter(randomJob(chance, pools));
        } else if (luck < 0.5) {
          const add = (): TrialTask => takes(randomDemand(chance, pools, job.pools), chance.below(2));
          trial.add(job, ...Array.from({ length: 1 + chance.below(6) }, add));
        } else if (luck < 0.55) {
          job.isOpen = !job.isOpen;
          trial.admission.refresh(job);
        } else {
          for (const task of chance.some([...job.running.keys()], 0.5)) trial.end(job, task);
        }
        trial.startAll();
        trial.check();
      }
      for (const job of trial.jobs) {
        job.isOpen = true;
        trial.admission.refresh(job);
      }
      for (let turn = 0; trial.jobs.some(({ waiting, running }) => waiting.size + running.size > 0); turn++) {
        assert.ok(turn < 10_000, "every task starts");
        trial.startAll();
        const busy = trial.jobs.filter(({ running }) => running.size > 0);
        const waiting = trial.jobs.some(({ waiting: tasks }) => tasks.size > 0);
        assert.ok(busy.length > 0 || !waiting, "something runs as long as anything waits");
        for (const job of busy) trial.end(job, chance.pick([...job.running.keys()]));
      }
    }),
    { numRuns: 200 },
  );
});

test("of what fits the best one starts: of the job with the fewest in flight, then by its order", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const chance = new Chance(seed);
      const pools = { cpu: 4, memory: 4 * GIB, api: 3 };
      const trial = new Trial(pools);
      const jobs = Array.from({ length: 1 + chance.below(3) }, () => trial.enter(randomJob(chance, pools)));
      // Fewer starts than anybody is passed over before room is kept for him.
      for (let turn = 0; turn < 30; turn++) {
        const job = chance.pick(jobs);
        trial.add(job, takes(randomDemand(chance, pools, job.pools), chance.below(3)));
        if (job.running.size > 0 && chance.happens(0.6)) trial.end(job, chance.pick([...job.running.keys()]));
        const fitting = jobs.map((each) => [...each.waiting].filter((task) => trial.fits(each, each.tasks[task]!)));
        const slots = jobs.map(({ running }) => running.size);
        const started = trial.start();
        const fewest = Math.min(...fitting.flatMap((tasks, place) => (tasks.length === 0 ? [] : [slots[place]!])));
        if (started === null) {
          assert.equal(fewest, Infinity, "what fits starts");
          continue;
        }
        const place = jobs.indexOf(started.job);
        assert.equal(slots[place], fewest, "the job with the fewest in flight goes first");
        const best = fitting[place]!.toSorted(
          (a, b) => started.job.tasks[b]!.priority - started.job.tasks[a]!.priority || a - b,
        )[0];
        assert.equal(started.task, best, "the first of its tasks that fits");
      }
    }),
    { numRuns: 300 },
  );
});

/** How many others start before the task does, while there is always another one of those that would take its room. */
function startsBefore(trial: Trial, large: TrialJob, task: number, feed: () => void): number {
  const running = trial.jobs.flatMap((job) => [...job.running.keys()].map((each) => [job, each] as const));
  for (let others = 0; others < 1_000; others++) {
    feed();
    for (let started = trial.start(); started !== null; started = trial.start()) {
      if (started.job === large && started.task === task) return others;
      running.push([started.job, started.task]);
      trial.time += 1;
    }
    // The one that began first ends: never all at once.
    const [first] = running.splice(0, 1);
    if (first !== undefined) trial.end(...first);
  }
  return Infinity;
}

test("a large task among small ones without end starts after a bounded number of them", () => {
  const trial = new Trial({ cpu: 8, memory: 16 * GIB });
  const [large, small] = [trial.enter(new TrialJob()), trial.enter(new TrialJob())];
  trial.add(small, ...Array.from({ length: 8 }, () => takes()));
  trial.startAll();
  const task = trial.add(large, takes({ cpu: 8 }));
  assert.ok(startsBefore(trial, large, task, () => trial.add(small, takes(), takes())) < 150);
});

test("within a job, too, and if it lacks several pools at once", () => {
  for (const own of [{}, { licence: 4 }]) {
    const trial = new Trial({ cpu: 4, memory: 8 * GIB, ...(Object.keys(own).length === 0 && { licence: 4 }) });
    const job = trial.enter(new TrialJob({ pools: own }));
    trial.add(job, takes({ licence: 1 }), takes({ licence: 1 }), takes({ memory: 8 * GIB }));
    trial.startAll();
    const task = trial.add(job, takes({ cpu: 2, licence: 4, memory: 8 * GIB }, 1));
    const feed = (): void => {
      trial.add(job, takes({ licence: 1 }), takes({ memory: GIB }));
    };
    assert.ok(startsBefore(trial, job, task, feed) < 300);
  }
});

test("two large tasks of two jobs that want the same do not block each other", () => {
  const trial = new Trial({ cpu: 4, gpu: 2 });
  const jobs = [trial.enter(new TrialJob()), trial.enter(new TrialJob({ pools: { cpu: 3 } })), trial.enter(new TrialJob())];
  const small = jobs[2]!;
  trial.add(small, ...Array.from({ length: 4 }, () => takes()));
  trial.startAll();
  const first = trial.add(jobs[0]!, takes({ cpu: 4, gpu: 1 }));
  const second = trial.add(jobs[1]!, takes({ cpu: 3, gpu: 2 }));
  const feed = (): void => {
    trial.add(small, takes(), takes({ gpu: 1 }));
  };
  assert.ok(startsBefore(trial, jobs[0]!, first, feed) < 400);
  assert.ok(startsBefore(trial, jobs[1]!, second, feed) < 400);
});

test("time alone is enough, where few things start: room is kept after ten seconds", () => {
  const trial = new Trial({ cpu: 2 });
  const job = trial.enter(new TrialJob());
  const [first] = [trial.add(job, takes(), takes())];
  trial.startAll();
  const large = trial.add(job, takes({ cpu: 2 }, 1));
  trial.end(job, first);
  const next = trial.add(job, takes(), takes(), takes());
  trial.startAll();
  assert.ok(job.running.has(next), "others fill the gap for now");
  trial.time += 10_000;
  trial.end(job, next);
  trial.startAll();
  assert.ok(job.running.has(next + 1), "and once more, which is one time too many");
  trial.end(job, next + 1);
  trial.startAll();
  assert.ok(!job.running.has(next + 2), "now room is kept");
  trial.end(job, 1);
  trial.startAll();
  assert.ok(job.running.has(large));
});

test("room that is kept holds back only who would take of what is lacking, and nobody once the large task is gone", () => {
  const trial = new Trial({ cpu: 8, licence: 2 });
  const [large, small] = [trial.enter(new TrialJob()), trial.enter(new TrialJob())];
  trial.add(small, takes({ licence: 1 }), takes({ licence: 1 }));
  trial.startAll();
  trial.add(large, takes({ licence: 2 }));
  for (let turn = 0; turn < 200; turn++) {
    const running = [...small.running.keys()].find((task) => small.tasks[task]!.resources["licence"] === 1);
    if (running === undefined || large.running.size > 0) break;
    trial.add(small, takes({ licence: 1 }));
    trial.end(small, running);
    trial.startAll();
    if (small.waiting.size > 0) break;
  }
  assert.equal(large.running.size, 0);
  assert.equal(small.waiting.size, 1, "nobody takes the licence that came free");
  const free = trial.add(small, takes());
  trial.startAll();
  assert.ok(small.running.has(free), "what takes no licence starts");
  large.isOpen = false;
  trial.admission.refresh(large);
  trial.startAll();
  assert.equal(small.waiting.size, 0, "a job that is held back keeps nothing");
});

test("so does room of a job's own pool when the task that it is kept for is gone", () => {
  const trial = new Trial({ cpu: 8 });
  const job = trial.enter(new TrialJob({ pools: { licence: 2 } }));
  trial.add(job, takes({ licence: 1 }), takes({ licence: 1 }));
  trial.startAll();
  const large = trial.add(job, takes({ licence: 2 }, 1));
  for (let turn = 0; turn < 200 && job.waiting.size === 1; turn++) {
    trial.add(job, takes({ licence: 1 }));
    trial.end(job, [...job.running.keys()][0]!);
    trial.startAll();
  }
  assert.equal(job.waiting.size, 2, "nobody takes the licence that came free");
  job.ready.remove(large);
  job.waiting.delete(large);
  trial.admission.refresh(job);
  trial.startAll();
  assert.equal(job.waiting.size, 0);
});

test("what an earlier engine started counts with what it takes, and may be more than there is", () => {
  const trial = new Trial({ cpu: 2, gpu: 1 });
  const job = trial.enter(new TrialJob({ limit: 3 }));
  const adopted = trial.admission.holdingOf(job, { cpu: 4, gpu: 1, unknown: 7 });
  trial.admission.take(job, adopted);
  trial.add(job, takes(), takes({ cpu: 0.1 }));
  assert.equal(trial.start(), null);
  assert.equal(trial.admission.isPlain, false);
  trial.admission.give(job, adopted);
  trial.admission.refresh(job);
  trial.startAll();
  assert.equal(job.running.size, 2);
});

test("fractions add up: ten tenths are one, as often as it is done", () => {
  const trial = new Trial({ cpu: 1 });
  const job = trial.enter(new TrialJob());
  for (let round = 0; round < 100; round++) {
    trial.add(job, ...Array.from({ length: 11 }, () => takes({ cpu: 0.1 })));
    trial.startAll();
    assert.equal(job.running.size, 10);
    for (const task of job.running.keys()) trial.end(job, task);
  }
});

/** Comparisons that the starts take of so many ready tasks with 50 demands, each. */
function comparisonsAStart(tasks: number): number {
  let comparisons = 0;
  const pools = { cpu: 64, memory: 64 * GIB, licence: 40, gpu: 4 };
  const trial = new Trial(pools);
  const job = trial.enter(new TrialJob({ onCompare: () => (comparisons += 1) }));
  const chance = new Chance(tasks);
  const demands = Array.from({ length: 50 }, () => randomDemand(chance, pools, {}));
  for (let task = 0; task < tasks; task++) job.add(takes(chance.pick(demands), chance.below(10)));
  trial.admission.refresh(job);
  trial.startAll();
  comparisons = 0;
  const before = trial.starts;
  while (trial.starts < before + 1_000) {
    trial.end(job, chance.pick([...job.running.keys()]));
    trial.startAll();
  }
  return comparisons / (trial.starts - before);
}

test("a start costs the same of 100,000 ready tasks with 50 demands as of a few thousand", () => {
  const few = comparisonsAStart(3_000);
  const many = comparisonsAStart(100_000);
  assert.ok(many < 500, `${many} comparisons`);
  assert.ok(many < 2 * few, `${many} comparisons beside ${few}`);
});

test("only one cpu each is plain; anything else that runs or was ready is not, until its job is gone", () => {
  const trial = new Trial({ cpu: 4 });
  const [plain, other] = [trial.enter(new TrialJob()), trial.enter(new TrialJob())];
  trial.add(plain, takes(), takes());
  assert.ok(trial.admission.isPlain);
  trial.add(other, takes({ cpu: 2 }));
  assert.equal(trial.admission.isPlain, false);
  trial.startAll();
  trial.end(other, 0);
  trial.leave(other);
  assert.ok(trial.admission.isPlain);
});
