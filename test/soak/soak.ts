/**
 * The long form of the crash tests; started by main.ts, which says how many rounds. Prints its seed (TEST_SEED repeats a run), what went wrong
 * as it happens, and at the end a Markdown table: what was done to the engine, how often, what was lost, and what a user saw. All of it
 * goes into a file too. SIGINT ends it after the rounds under way, with the table of those played. Exits with 1 if a promise was broken.
 */

import { appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mapAtOnce } from "../support/at-once.js";
import { DISK_FAULTS, diskRound, LASTING_FAULTS } from "../support/disk-faults.js";
import { describe, faultsOf, lookRound, SCENES as LOOK_SCENES, type Scene as LookScene } from "../support/look-faults.js";
import { killRound } from "../support/kill-round.js";
import type { Victim } from "../support/kill-victims.js";
import { SeededRandom, takeNewSeed } from "../support/seeded-random.js";
import { markdownTable } from "./markdown-table.js";
import { comparePeers } from "./peers.js";
import { playScene, SCENES, type Scene } from "./scenes.js";

interface Row {
  readonly fault: string;
  readonly rounds: number;
  /** Null where rounds are judged as a whole: then it is 0 if none was broken. */
  readonly counts: { readonly lost: number; readonly runTwice: number; readonly tornReads: number } | null;
  readonly broken: number;
  readonly seen: string;
}

const AT_ONCE = 2;
/** Rounds that mostly wait. */
const WAITING_AT_ONCE = 4;

const rounds = Number(process.argv[2]);
const seed = takeNewSeed();
const random = new SeededRandom(seed);
const resultsFile = join(tmpdir(), `air-executor-soak-${seed}.md`);
let broken = 0;
let isInterrupted = false;

process.on("SIGINT", () => (isInterrupted = true));
// The terminal may go away: the file stays.
process.stdout.on("error", () => {});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
  appendFileSync(resultsFile, `${text}\n`);
}

function report(what: string, violations: readonly string[]): number {
  broken += violations.length;
  for (const violation of violations) say(`BROKEN, ${what}: ${violation}`);
  return violations.length;
}

/** Plays rounds until there are no more, or there is an interruption; the results of those played. One that can't be played ends nothing. */
async function play<T, R>(items: readonly T[], atOnce: number, round: (item: T) => Promise<R>): Promise<R[]> {
  const played: R[] = [];
  await mapAtOnce(items, atOnce, async (item) => {
    if (isInterrupted) return;
    try {
      played.push(await round(item));
    } catch (error) {
      report("a round could not be played", [String(error)]);
    }
  });
  return played;
}

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((sum, item) => sum + of(item), 0);

async function sweep(count: number, victim: Victim, seen: string): Promise<Row> {
  const seeds = Array.from({ length: count }, () => random.between(1, 2 ** 31));
  let done = 0;
  const results = await play(seeds, AT_ONCE, async (roundSeed) => {
    const result = await killRound(roundSeed, victim);
    report(`${victim} killed, round ${roundSeed}`, result.violations);
    if (++done % 50 === 0) say(`${victim} killed: ${done} of ${count} rounds`);
    return result;
  });
  const points = new Set(results.flatMap((result) => result.points));
  const where =
    victim === "engine" ? `; ${sumOf(results, (result) => result.points.length)} at ${points.size} kinds of calls` : "";
  return {
    fault: `kill -9 of ${victim} (${sumOf(results, (result) => result.kills)} kills${where})`,
    rounds: results.length,
    counts: {
      lost: sumOf(results, (result) => result.lostAttempts),
      runTwice: sumOf(results, (result) => result.runTwice),
      tornReads: sumOf(results, (result) => result.tornReads),
    },
    broken: sumOf(results, (result) => result.violations.length),
    seen,
  };
}

async function disks(repeats: number, times: number | undefined, fault: string, seen: string): Promise<Row> {
  const all = Array.from({ length: repeats }, () => (times === undefined ? LASTING_FAULTS : DISK_FAULTS)).flat();
  const results = await play(all, WAITING_AT_ONCE, async (each) =>
    report(`${each.name} (${each.code})`, await diskRound(each, times)),
  );
  return { fault, rounds: results.length, counts: null, broken: sumOf(results, (count) => count), seen };
}

/** Each call that is made in a scene, with each errno, once and for good. @param share of them, all from 500 rounds on */
async function looks(which: LookScene, share: number): Promise<Row> {
  const faults = (await faultsOf(which)).filter(() => random.chance(share));
  const results = await play(faults, WAITING_AT_ONCE, async (each) => report(describe(each), await lookRound(each)));
  const fault = `each call of the scene "${which}" fails, once and for good`;
  const seen = "nothing, one message and it goes on, or exit 3; the next engine ends the job";
  return { fault, rounds: results.length, counts: null, broken: sumOf(results, (count) => count), seen };
}

async function scene(each: Scene, times: number): Promise<Row> {
  const results = await play(Array<Scene>(times).fill(each), 1, playScene);
  const played = results.filter((violations) => violations !== null);
  const count = sumOf(played, (violations) => report(each.fault, violations));
  const seen = played.length === 0 && results.length > 0 ? "can't be played here (needs root, or Linux)" : each.seen;
  return { fault: each.fault, rounds: played.length * each.rounds, counts: null, broken: count, seen };
}

function cellsOf({ fault, rounds: played, counts, broken: found, seen }: Row): (string | number)[] {
  const whole = played === 0 ? "–" : found === 0 ? 0 : "broken";
  const { lost, runTwice, tornReads } = counts ?? { lost: whole, runTwice: whole, tornReads: whole };
  return [fault, played, lost, runTwice, tornReads, seen];
}

say(`TEST_SEED=${seed}, ${rounds} rounds; all of this goes to ${resultsFile} too`);
/** A run of a scene takes seconds. */
const sceneRuns = Math.max(1, Math.round(rounds / 50));
const repeats = Math.max(1, Math.round(rounds / 250));
const rows = [
  await sweep(rounds, "engine", "the next run goes on; what ran is adopted"),
  await sweep(Math.ceil(rounds / 10), "runner", "a task lost, run again as a new attempt"),
  await sweep(Math.ceil(rounds / 10), "engine and runners", "the next run goes on; tasks lost are run again"),
  await disks(repeats, 1, "a file operation fails once", "one message, then it goes on; or a refusal to start"),
  await disks(repeats, undefined, "a file operation fails for good", "one message, exit 3, job unfinished; the next run ends it"),
];
for (const each of LOOK_SCENES) rows.push(await looks(each, Math.min(1, rounds / 500)));
for (const each of SCENES) rows.push(await scene(each, sceneRuns));
const [peers = []] = await play([Math.max(5, Math.ceil(rounds / 25))], 1, (count) => comparePeers(count, random));

say("");
const head = ["fault", "rounds", "lost", "run twice", "torn reads", "what a user saw"];
say(markdownTable(head, rows.map(cellsOf)));
say("");
const results = peers.map(({ name, count }) =>
  count === null ? [name, "not installed", "", "", ""] : [name, count.rounds, count.lost, count.runTwice, count.atOnce],
);
say(markdownTable(["kill -9, then started again", "rounds", "tasks lost", "tasks run twice", "of these at once"], results));
say(`\n${broken === 0 ? "No promise was broken." : `${broken} promises were broken.`}`);
process.exitCode = broken === 0 ? 0 : 1;
