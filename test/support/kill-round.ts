/** One round of the kill sweep: a random job, killed again and again at random instants and at named calls, until it is done; then judged. */

import { describeEnd } from "./engine.js";
import { FAULTLESS, judgeRun, tornFiles, type RunVerdict } from "./judge-run.js";
import { makeScene, type SceneName } from "./kill-scenes.js";
import { Killing, mayLose, type Victim } from "./kill-victims.js";
import { areGone } from "./processes.js";
import { SeededRandom } from "./seeded-random.js";
import { clearPlace, makePlace } from "./temporary-directory.js";

export interface KillRound extends RunVerdict {
  readonly kills: number;
  /** The calls at which an engine died, as `before writeSync`. */
  readonly points: readonly string[];
  readonly tornReads: number;
}

/** No more than a task may be lost. */
const MOST_KILLS = 3;
/** Engines that come to an end unharmed. Nothing may take as many. */
const MOST_ENGINES = 20;

export async function killRound(
  seed: number,
  victim: Victim,
  mostKills = MOST_KILLS,
  which: SceneName = "run",
): Promise<KillRound> {
  const random = new SeededRandom(seed);
  const place = makePlace();
  const { dir, witness } = place;
  const points: string[] = [];
  let tornReads = 0;
  let kills = 0;
  try {
    const scene = makeScene(which, place, random);
    for (let engines = 0; ; engines++) {
      const killing = kills < mostKills ? new Killing(victim, place, random, mostKills - kills) : null;
      const engine = scene.start(killing?.faults ?? []);
      killing?.begin(engine);
      const end = await engine.ended;
      kills += killing?.end(end.signal) ?? 0;
      tornReads += tornFiles(dir, scene.name).length;
      if (end.signal === "SIGKILL" && killing !== null) {
        if (killing.point !== "") points.push(killing.point);
        continue;
      }
      if (scene.isDone(end)) break;
      if (which === "manager" && end.code === 0 && engines < MOST_ENGINES) continue;
      const violations = [describeEnd(end)];
      return { ...FAULTLESS, violations, kills, points, tornReads };
    }
    await scene.tidyUp?.();
    const verdict = judgeRun(dir, scene.name, witness, scene.expected);
    const violations = [...verdict.violations];
    if (verdict.lostAttempts > 0 && !mayLose(victim))
      violations.push(`${verdict.lostAttempts} attempts lost although no runner died`);
    if (!(await areGone(dir))) violations.push("processes were left behind");
    return { ...verdict, violations, kills, points, tornReads };
  } finally {
    clearPlace(place);
  }
}
