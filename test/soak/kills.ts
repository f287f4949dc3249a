/**
 * The kill sweep alone; started by main.ts, which says how many kills. Kills engines, their threads, runners and both, each in jobs that are
 * run, in maps and under a manager. Prints its seed (TEST_SEED repeats a run), what went wrong as it happens, and at the end a Markdown table
 * of who died how often and what came of it; all of it goes into a file too. SIGINT ends it after the rounds under way, with the table of
 * those played. Exits with 1 if a promise was broken.
 */

import { appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killRound, type KillRound } from "../support/kill-round.js";
import { SCENE_NAMES, type SceneName } from "../support/kill-scenes.js";
import type { Victim } from "../support/kill-victims.js";
import { SeededRandom, takeNewSeed } from "../support/seeded-random.js";
import { markdownTable } from "./markdown-table.js";

interface Part {
  readonly victim: Victim;
  /** Of all kills. */
  readonly share: number;
  /** Kills in a round: where runners die, no more than a task may be lost. */
  readonly most: number;
  /** What the row is called. */
  readonly words: string;
}

const PARTS: readonly Part[] = [
  { victim: "engine", share: 0.4, most: 6, words: "engine, at any instant and at named calls" },
  { victim: "engine and runners", share: 0.15, most: 3, words: "engine and runners at once" },
  { victim: "runner", share: 0.15, most: 3, words: "runner" },
  {
    victim: "thread of the runner",
    share: 0.1,
    most: 3,
    words: "a thread of the runner, by its id, after a signal that it has to bear",
  },
  { victim: "worker thread", share: 0.1, most: 6, words: "the engine's worker thread, by an uncaught error" },
  { victim: "engine, runner stopped", share: 0.1, most: 6, words: "engine, its runner stopped meanwhile" },
];

interface Sum {
  rounds: number;
  kills: number;
  lostAttempts: number;
  runTwice: number;
  tasksLost: number;
  outOfOrder: number;
  tornReads: number;
  broken: number;
}

const AT_ONCE = 2;

const wanted = Number(process.argv[2]);
const seed = takeNewSeed();
const random = new SeededRandom(seed);
const resultsFile = join(tmpdir(), `air-executor-kills-${seed}.md`);
const kinds = new Set<string>();
const killsOfScene = new Map<SceneName, number>(SCENE_NAMES.map((name) => [name, 0]));
let broken = 0;
const interruption = new AbortController();

process.on("SIGINT", () => interruption.abort());
// The terminal may go away: the file stays.
process.stdout.on("error", () => {});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
  appendFileSync(resultsFile, `${text}\n`);
}

/** Plays rounds until there were as many kills. */
async function playPart({ victim, share, most }: Part): Promise<Sum> {
  const sum: Sum = {
    rounds: 0,
    kills: 0,
    lostAttempts: 0,
    runTwice: 0,
    tasksLost: 0,
    outOfOrder: 0,
    tornReads: 0,
    broken: 0,
  };
  const goal = Math.ceil(wanted * share);
  const playRounds = async (): Promise<void> => {
    while (!interruption.signal.aborted && sum.kills < goal) await playRound(victim, Math.min(most, goal - sum.kills), sum);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playRounds));
  say(`${victim}: ${sum.kills} kills in ${sum.rounds} rounds`);
  return sum;
}

async function playRound(victim: Victim, most: number, sum: Sum): Promise<void> {
  const roundSeed = random.between(1, 2 ** 31);
  const scene = random.pick(SCENE_NAMES);
  const name = `${victim} killed, ${scene}, round ${roundSeed}, most ${most}`;
  let round: KillRound;
  try {
    round = await killRound(roundSeed, victim, most, scene);
  } catch (error) {
    broken += 1;
    sum.broken += 1;
    say(`BROKEN, ${name}: it could not be played: ${String(error)}`);
    return;
  }
  sum.rounds += 1;
  for (const key of ["kills", "lostAttempts", "runTwice", "tasksLost", "outOfOrder", "tornReads"] as const)
    sum[key] += round[key];
  sum.broken += round.violations.length;
  broken += round.violations.length;
  for (const violation of round.violations) say(`BROKEN, ${name}: ${violation}`);
  for (const point of round.points) kinds.add(point);
  killsOfScene.set(scene, killsOfScene.get(scene)! + round.kills);
}

say(`TEST_SEED=${seed}, ${wanted} kills; all of this goes to ${resultsFile} too`);
const sums = new Map<Part, Sum>();
for (const part of PARTS) sums.set(part, await playPart(part));

const rowOf = (words: string, sum: Sum): (string | number)[] => [
  words,
  sum.kills,
  sum.rounds,
  sum.lostAttempts,
  sum.runTwice,
  sum.tasksLost,
  sum.outOfOrder,
  sum.tornReads,
  sum.broken,
];
const total = Object.fromEntries(
  Object.keys(sums.get(PARTS[0]!)!).map((key) => [key, [...sums.values()].reduce((all, sum) => all + sum[key as keyof Sum], 0)]),
) as unknown as Sum;
const head = ["who died", "kills", "rounds", "attempts lost", "run twice", "tasks lost", "out of order", "torn reads", "broken"];
say("");
say(markdownTable(head, [...PARTS.map((part) => rowOf(part.words, sums.get(part)!)), rowOf("all", total)]));
const scenes = Array.from(killsOfScene, ([name, kills]) => `${name} ${kills}`).join(", ");
say(`\nKills by scene: ${scenes}. ${kinds.size} kinds of calls at which an engine died.`);
say(broken === 0 ? "No promise was broken." : `${broken} promises were broken.`);
process.exitCode = broken === 0 ? 0 : 1;
