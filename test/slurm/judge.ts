/** Judges what tasks said in a round of the sweep: pure. Each line of a task is `b`egun, `e`nded or `o`verlapped, and its id. */

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
