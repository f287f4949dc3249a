/**
 * The same kill for us and for peers that also keep a record: tasks that need no order, `kill -9` of the program at a random instant, and
 * the program started again as its user would, until it says that all is done. Counted from what the tasks say themselves.
 */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { SeededRandom } from "../support/seeded-random.js";
import { clearPlace, makePlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";

export interface PeerCount {
  readonly name: string;
  readonly rounds: number;
  /** Tasks that never came to an end. */
  readonly lost: number;
  /** Tasks that were started again although nothing of them had gone wrong. */
  readonly runTwice: number;
  /** Of these, how many ran twice at the same time. */
  readonly atOnce: number;
}

interface Contender {
  readonly name: string;
  /** Null if it is always there. */
  readonly program: string | null;
  /** Writes what it reads, once. */
  readonly prepare: (root: string, lines: readonly string[]) => void;
  readonly argv: (root: string) => string[];
}

const TASKS = 16;
const cli = fileURLToPath(new URL("../../bundle/air-executor.cjs", import.meta.url));

const CONTENDERS: readonly Contender[] = [
  {
    name: "air-executor run",
    program: null,
    prepare: (root, lines) => {
      const tasks = lines.map((line) => ({ command: "sh", args: ["-c", line] }));
      writeFileSync(join(root, "peers.json"), JSON.stringify(tasks));
    },
    argv: (root) => [process.execPath, cli, "run", join(root, "peers.json"), "--dir", join(root, "air"), "--concurrency", "4"],
  },
  {
    name: "parallel --joblog --resume",
    program: "parallel",
    prepare: (root, lines) => writeFileSync(join(root, "list"), `${lines.join("\n")}\n`),
    argv: (root) => ["parallel", "-j4", "--joblog", join(root, "joblog"), "--resume", "-a", join(root, "list")],
  },
  {
    name: "ninja",
    program: "ninja",
    prepare: (root, lines) => {
      const builds = lines.map(
        (line, index) => `build out-${index}: run\n  line = ${line.replaceAll("$", "$$$$")} && touch out-${index}\n`,
      );
      writeFileSync(join(root, "build.ninja"), `rule run\n  command = $line\n${builds.join("")}`);
    },
    argv: (root) => ["ninja", "-C", root, "-j4"],
  },
];

/** One entry a contender; null in place of the counts of one that is not installed. */
export async function comparePeers(rounds: number, random: SeededRandom): Promise<{ name: string; count: PeerCount | null }[]> {
  const counts = [];
  for (const contender of CONTENDERS) {
    const { name, program } = contender;
    const isThere = program === null || spawnSync(program, ["--version"]).error === undefined;
    counts.push({ name, count: isThere ? await countRounds(contender, rounds, random) : null });
  }
  return counts;
}

async function countRounds(contender: Contender, rounds: number, random: SeededRandom): Promise<PeerCount> {
  const sum = { lost: 0, runTwice: 0, atOnce: 0 };
  for (let round = 0; round < rounds; round++) {
    const count = await playRound(contender, random);
    sum.lost += count.lost;
    sum.runTwice += count.runTwice;
    sum.atOnce += count.atOnce;
  }
  return { name: contender.name, rounds, ...sum };
}

async function playRound(
  contender: Contender,
  random: SeededRandom,
): Promise<{ lost: number; runTwice: number; atOnce: number }> {
  const place = makePlace();
  const { root, witness } = place;
  const ids = Array.from({ length: TASKS }, (_, index) => `task-${index}`);
  try {
    contender.prepare(
      root,
      ids.map((id) => lineOf(id, witness, random)),
    );
    const first = start(contender, root);
    const end = once(first, "exit");
    assertStarted(await waitUntil(() => readWitness(witness).length > 0));
    await delay(random.between(0, 500));
    first.kill("SIGKILL");
    await end;
    await once(start(contender, root), "exit");
    // What the killed one had started may still run.
    await waitUntil(
      () => readWitness(witness).filter((line) => line.what === "end").length * 2 >= readWitness(witness).length,
      5_000,
    );
    return judge(ids, witness);
  } finally {
    clearPlace(place);
  }
}

function assertStarted(isTrue: boolean): void {
  if (!isTrue) throw new Error("the contender has started nothing");
}

/** One line of shell, so that every contender can be given the same. */
function lineOf(id: string, witness: string, random: SeededRandom): string {
  const script = join(witness, "..", `${id}.sh`);
  const { args } = witnessed(witness, `sleep 0.${random.between(1, 4)}`);
  writeFileSync(script, `AIR_EXECUTOR_ATTEMPT=1 AIR_EXECUTOR_TASK=${id}\n${args[1]!.replaceAll("$0", witness)}\n`);
  return `sh ${script}`;
}

function start({ argv }: Contender, root: string): ChildProcess {
  const [program, ...args] = argv(root);
  return spawn(program!, args, { stdio: "ignore" });
}

function judge(ids: readonly string[], witness: string): { lost: number; runTwice: number; atOnce: number } {
  const seen = readWitness(witness);
  const wordsOf = (id: string) => seen.filter((line) => line.task === id).map((line) => line.what);
  return {
    lost: ids.filter((id) => !wordsOf(id).includes("end")).length,
    runTwice: ids.filter((id) => wordsOf(id).filter((word) => word === "start").length > 1).length,
    atOnce: ids.filter((id) => wordsOf(id).join(" ").includes("start start")).length,
  };
}
