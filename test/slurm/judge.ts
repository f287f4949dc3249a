/**
 * Judges what tasks said in a round of the sweep: pure. Each line of a task is `b`egun, `e`nded or `o`verlapped, its id, and the number of its
 * attempt; `k` is the sweep's, that it killed something.
 */

export interface Verdict {
  /** Tasks that never ended. */
  readonly lost: readonly string[];
  /** Tasks that began while another attempt of theirs still had a process. */
  readonly twice: readonly string[];
  /** Tasks that ran again after they had ended: what had become of them died with its node. */
  readonly again: readonly string[];
  /** Tasks that began before one that they depend on had ended. */
  readonly early: readonly string[];
  /** Attempts that began. */
  readonly attempts: number;
}

export interface JudgedTask {
  readonly id: string;
  readonly dependencies: readonly string[];
}

export function judge(tasks: readonly JudgedTask[], lines: readonly string[]): Verdict {
  const dependencies = new Map(tasks.map((task) => [task.id, task.dependencies]));
  const ended = new Set<string>();
  const found = { twice: new Set<string>(), again: new Set<string>(), early: new Set<string>() };
  let attempts = 0;
  for (const line of lines) {
    const [what, id = ""] = line.split(" ");
    if (what === "o") found.twice.add(id);
    if (what === "e") ended.add(id);
    if (what !== "b") continue;
    attempts += 1;
    if (ended.has(id)) found.again.add(id);
    if (dependencies.get(id)?.every((other) => ended.has(other)) !== true) found.early.add(id);
  }
  const lost = tasks.flatMap(({ id }) => (ended.has(id) ? [] : [id]));
  return { lost, twice: [...found.twice], again: [...found.again], early: [...found.early], attempts };
}

/** What the record says of an attempt. */
export interface RecordedOutcome {
  readonly attempt: number;
  readonly isLost: boolean;
  /** For people. */
  readonly words: string;
}

/** True if an attempt of the task that had ended was followed by another one, although it was not lost. */
export function unexplained(id: string, lines: readonly string[], outcomes: readonly RecordedOutcome[]): boolean {
  const said = (what: string): number[] =>
    lines.flatMap((line) => (line.startsWith(`${what} ${id} `) ? [Number(line.split(" ")[2])] : []));
  const last = Math.max(...said("b"));
  return said("e").some((ended) => ended < last && outcomes.find(({ attempt }) => attempt === ended)?.isLost !== true);
}

/** What was killed when the task ended first, and how much later. */
export function nearestKill(id: string, lines: readonly string[]): string {
  const endedAt = Number(lines.find((line) => line.startsWith(`e ${id} `))?.split(" ")[3]);
  const kills = lines.flatMap((line) => {
    const [what, victim, , at] = line.split(" ");
    return what === "k" ? [{ victim, laterMs: Number(at) - endedAt }] : [];
  });
  const [nearest] = kills.toSorted((one, other) => Math.abs(one.laterMs) - Math.abs(other.laterMs));
  return nearest === undefined ? "nothing was killed" : `${nearest.victim} was killed ${nearest.laterMs} ms later`;
}
