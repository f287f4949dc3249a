/** What an import makes: a job file as text, one task a line. */

export interface ImportedTask {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly dependencies: readonly string[];
}

export interface ImportedJob {
  /** Null if the source has none that can be a job's. */
  readonly name: string | null;
  readonly tasks: readonly ImportedTask[];
}

/** What can't become a task, with its place. */
export interface ImportFault {
  readonly place: string;
  readonly message: string;
}

export function jobFileText({ name, tasks }: ImportedJob): string {
  const lines = tasks.map(({ id, command, args, dependencies }) =>
    JSON.stringify({ id, command, ...(args.length > 0 && { args }), ...(dependencies.length > 0 && { dependencies }) }),
  );
  const head = name === null ? "" : `"name": ${JSON.stringify(name)},\n`;
  return `{\n${head}"tasks": [\n${lines.join(",\n")}\n]\n}\n`;
}
