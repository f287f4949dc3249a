/**
 * The long form of the crash tests: `npm run soak [-- ROUNDS]`, 500 rounds by default. Prints its seed (TEST_SEED repeats a run), what went
 * wrong as it happens, and at the end a Markdown table: what was done to the engine, how often, what was lost, and what a user saw.
 * Exits with 1 if a promise was broken.
 */

import { mapAtOnce } from "../support/at-once.js";
import { DISK_FAULTS, diskRound, LASTING_FAULTS } from "../support/disk-faults.js";
import { killRound, type Victim } from "../support/kill-round.js";
import { SeededRandom, takeSeed } from "../support/seeded-random.js";
import { comparePeers } from "./peers.js";

interface Row {
  readonly fault: string;
  readonly rounds: number;
  readonly lost: number | null;
  readonly runTwice: number | null;
  readonly tornReads: number | null;
  readonly seen: string;
}

const AT_ONCE = 2;
/** Rounds that mostly wait. */
const WAITING_AT_ONCE = 4;

const rounds = Number(process.argv[2] ?? 500);
const seed = takeSeed();
const random = new SeededRandom(seed);
let broken = 0;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function report(what: string, violations: readonly string[]): void {
  broken += violations.length;
  for (const violation of violations) say(`BROKEN, ${what}: ${violation}`);
}

async function sweep(count: number, victim: Victim, seen: string): Promise<Row> {
  const seeds = Array.from({ length: count }, () => random.between(1, 2 ** 31));
  let done = 0;
  const results = await mapAtOnce(seeds, AT_ONCE, async (roundSeed) => {
    const result = await killRound(roundSeed, victim);
    report(`${victim} killed, round ${roundSeed}`, result.violations);
    if (++done % 50 === 0) say(`${victim} killed: ${done} of ${count} rounds`);
    return result;
  });
  const sum = (of: (result: (typeof results)[number]) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const points = new Set(results.flatMap((result) => result.points));
  const where = victim === "engine" ? `; ${sum((result) => result.points.length)} at ${points.size} kinds of calls` : "";
  return {
    fault: `kill -9 of ${victim} (${sum((result) => result.kills)} kills${where})`,
    rounds: count,
    lost: sum((result) => result.lostAttempts),
    runTwice: sum((result) => result.runTwice),
    tornReads: sum((result) => result.tornReads),
    seen,
  };
}

async function disks(repeats: number, times: number | undefined, fault: string, seen: string): Promise<Row> {
  const all = Array.from({ length: repeats }, () => (times === undefined ? LASTING_FAULTS : DISK_FAULTS)).flat();
  await mapAtOnce(all, WAITING_AT_ONCE, async (each) => {
    report(`${each.name} (${each.code})`, await diskRound(each, times));
  });
  // Each round is judged as a whole, for whatever it breaks; these are not counted one by one.
  return { fault, rounds: all.length, lost: null, runTwice: null, tornReads: null, seen };
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

say(`TEST_SEED=${seed}, ${rounds} rounds`);
const repeats = Math.max(1, Math.round(rounds / 250));
const rows = [
  await sweep(rounds, "engine", "the next run goes on; what ran is adopted"),
  await sweep(Math.ceil(rounds / 10), "lane", "a task lost, run again as a new attempt"),
  await sweep(Math.ceil(rounds / 10), "engine and lanes", "the next run goes on; tasks lost are run again"),
  await disks(repeats, 1, "a file operation fails once", "one message, then it goes on; or a refusal to start"),
  await disks(repeats, undefined, "a file operation fails for good", "one message, exit 3, job unfinished; the next run ends it"),
];
const peers = await comparePeers(Math.max(5, Math.ceil(rounds / 25)), random);

say("");
const head = ["fault", "rounds", "lost", "run twice", "torn reads", "what a user saw"];
say(
  table(
    head,
    rows.map((row) => [row.fault, row.rounds, row.lost ?? "–", row.runTwice ?? "–", row.tornReads ?? "–", row.seen]),
  ),
);
say("");
const results = peers.map(({ name, count }) =>
  count === null ? [name, "not installed", "", "", ""] : [name, count.rounds, count.lost, count.runTwice, count.atOnce],
);
say(table(["kill -9, then started again", "rounds", "tasks lost", "tasks run twice", "of these at once"], results));
say(`\n${broken === 0 ? "No promise was broken." : `${broken} promises were broken.`}`);
process.exitCode = broken === 0 ? 0 : 1;
