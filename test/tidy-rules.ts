/** The rules of the house that no linter knows. Each looks at one file and returns its findings as `path:line: what, and what instead`. */

import type { SourceFile } from "./source-files.js";

export type Rule = (file: SourceFile) => string[];

/** Which folders each folder may import from, besides itself. Nothing else, in no form. */
const floors: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  system: ["domain"],
  scheduler: ["domain"],
  workers: ["domain", "system"],
  slurm: ["domain", "system", "workers"],
  store: ["domain", "system"],
  control: ["domain", "system"],
  analysis: ["domain"],
  sweep: ["domain", "system", "store", "analysis"],
  page: ["analysis"],
  report: ["domain", "system", "store", "analysis", "sweep", "page"],
  engine: ["domain", "system", "scheduler", "workers", "store", "control"],
  library: ["domain", "system", "store", "control", "engine", "sweep", "report", "slurm"],
  index: ["domain", "system", "store", "workers", "engine", "library", "report"],
  internal: ["domain", "store", "engine", "library"],
  manager: ["system", "index", "internal"],
  cli: ["system", "index", "internal", "manager", "analysis", "sweep"],
};

/** Packages that have one home. */
const homes: Readonly<Record<string, readonly string[]>> = {
  piscina: ["src/workers/"],
  "node:child_process": ["src/workers/", "src/system/", "src/sweep/hook-command.ts", "src/cli/import/run-make.ts"],
  yargs: ["src/cli/"],
  "fast-string-truncated-width": ["src/cli/"],
  pino: ["src/manager/"],
  yaml: ["src/store/"],
  zod: ["src/store/", "src/slurm/"],
  leven: ["src/store/", "src/cli/"],
  "@dagrejs/graphlib": ["src/analysis/"],
  "csv-parse": ["src/cli/"],
  "simple-statistics": ["src/sweep/"],
  "d3-scale": ["src/page/"],
  "d3-selection": ["src/page/"],
  "d3-zoom": ["src/page/"],
  "@dagrejs/dagre": ["src/page/"],
};

/** The scheduler is pure: it has no way to the outside. */
const purePlaces = ["src/domain/", "src/scheduler/"];

const words: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b\w*[Ww]orkflow\w*\b/, "say job"],
  [/\b(?:step|steps|Step|Steps)\b|\b(?:step|steps)(?=[A-Z])\w*|\w+Steps?\b/, "say task"],
];

/** From here on a file is asked whether it is two ideas. */
const maxLines = 250;

/** Longer files that are one idea all the same, each with the reason. */
const longFiles: Readonly<Record<string, string>> = {
  "src/slurm/slot-pool.ts": "all that one pool and Slurm say to each other",
  "src/slurm/slurm-runner.ts": "a whole port, each of its calls a few lines",
  "src/workers/runner/local-runner.ts": "a whole port, each of its calls a few lines",
  "src/cli/verbs.ts": "one table of all verbs, of which each entry is read alone",
  "src/engine/running-job.ts": "the life of one job, whose phases share its state",
  "src/library/air-executor.ts":
    "the face of the library: a method for each thing that one can do, most of it their documentation",
  "src/library/map/map-feed.ts": "one stream of inputs: what is pulled, what is open and what is handed over are one account",
  "src/scheduler/admission/admission.ts": "one order of all that waits: what changes it and what is read of it share its heaps",
  "src/scheduler/scheduler.ts": "the loop over all jobs: each entry is small and ends in the same round",
  "src/manager/kept-job.ts": "one state machine: all that can happen to an entry of jobs/, met in one place",
  "src/store/picture/picture.ts": "what each kind of event means for one record: every method is a case of the same switch",
};

/** The room of a file: its folder under src; the files directly in src are the doors: index.ts, preload.ts and internal.ts. */
export function roomOf(path: string): string {
  const [, folder = "", rest] = path.split("/");
  if (rest !== undefined) return folder;
  return folder === "internal.ts" ? "internal" : "index";
}

export const importsRunDownwards: Rule = (file) =>
  file.imports.flatMap(({ file: target, line }) => {
    if (target === null || !file.path.startsWith("src/")) return [];
    const from = roomOf(file.path);
    const to = roomOf(target);
    const allowed = floors[from];
    if (allowed === undefined)
      return [`${file.path}:${line}: the folder ${from} is not on the plan: give it a floor in test/tidy-rules.ts`];
    if (from === to || allowed.includes(to)) return [];
    return [
      `${file.path}:${line}: ${from} imports ${to}: it may import ${allowed.join(", ") || "nothing"}; meet in the floor above`,
    ];
  });

export const packagesHaveOneHome: Rule = (file) =>
  file.imports.flatMap(({ specifier, file: target, line }) => {
    if (target !== null || !file.path.startsWith("src/")) return [];
    const name = specifier.startsWith("node:") ? specifier : specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    if (purePlaces.some((place) => file.path.startsWith(place)))
      return [`${file.path}:${line}: imports ${name}: domain and scheduler are pure; take what you need through a port`];
    if (name.startsWith("node:") && homes[name] === undefined) return [];
    const rooms = homes[name];
    if (rooms === undefined) return [`${file.path}:${line}: ${name} has no home: give it one in test/tidy-rules.ts`];
    if (rooms.some((room) => file.path.startsWith(room))) return [];
    return [`${file.path}:${line}: imports ${name}, which lives in ${rooms.join(" and ")}: call what stands there`];
  });

export const filesAreShort: Rule = (file) => {
  const count = file.lines.length - 1;
  const reason = longFiles[file.path];
  if (reason !== undefined && count <= maxLines)
    return [`${file.path}:1: is short again: take it off the list of long files in test/tidy-rules.ts`];
  if (reason !== undefined || count <= maxLines) return [];
  return [
    `${file.path}:${maxLines + 1}: ${count} lines: is this two ideas? Then part them; if not, say why in test/tidy-rules.ts`,
  ];
};

export const filesOpenWithTheirPurpose: Rule = (file) =>
  /^(?:#!.*\n)?\/\*\*[\s\S]*?\w/.test(file.text) ? [] : [`${file.path}:1: no header: say what it is and what it never does`];

export const namesSayWhatTheyHold: Rule = (file) => {
  const bad = /(?:^|\/)(utils?|helpers?|common|misc)(?:\/|\.ts$)/.exec(file.path);
  return bad === null ? [] : [`${file.path}:1: "${bad[1]}" says nothing: name it after its main export`];
};

export const namesAreKebabCase: Rule = (file) =>
  /^[a-z0-9/-]+(?:\.test)?\.ts$/.test(file.path) ? [] : [`${file.path}:1: write file names in kebab-case`];

/** Piscina wants a default export of the file it runs in its threads. */
export const exportsHaveNames: Rule = (file) =>
  file.path === "src/workers/entry.ts" ? [] : findings(file, /\bexport\s+default\b/, "export it by name");

/** What users write by mistake, in the words that they use, stands in suggest.ts; a foreign format's words with what imports it. */
export const oneWordForEachThing: Rule = (file) =>
  ["src/store/text/suggest.ts", "src/cli/import/wf-format.ts", "test/cli/import.test.ts", "test/tidy-rules.ts"].includes(
    file.path,
  )
    ? []
    : words.flatMap(([pattern, instead]) => findings(file, pattern, instead));

/** The portable runner is a process of its own. */
export const onlyTheCliTalks: Rule = (file) =>
  file.path.startsWith("src/cli/") || file.path === "src/workers/portable/main.ts" || !file.path.startsWith("src/")
    ? []
    : [
        ...findings(file, /\bconsole\./, "return it or report it through a callback; only the CLI writes to the terminal"),
        ...findings(
          file,
          /\bprocess\.(?:exit\b|exitCode|stdout|stderr)/,
          "throw or return; only the CLI ends the process and writes",
        ),
      ];

/** Rooms of a folder, in their order: each may import from those before it, and from what stands at the folder's top, which is everybody's. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  system: ["look", "process", "read", "lock", "write", "watch"],
  workers: ["native", "portable", "ending", "spool", "adopting", "runner", "thread"],
  store: ["text", "picture", "journal", "history", "runs", "snapshot", "directory", "view"],
  cli: ["import", "command-line", "completion", "render", "terminal", "map", "commands"],
};

/** The room of a file in its folder, and null for what stands at the folder's top. */
function innerRoomOf(path: string): string | null {
  return /^src\/[^/]+\/([^/]+)\//.exec(path)?.[1] ?? null;
}

export const roomsHaveWalls: Rule = (file) => {
  const folder = roomOf(file.path);
  const order = rooms[folder];
  const from = innerRoomOf(file.path);
  if (order === undefined || from === null || !file.path.startsWith("src/")) return [];
  if (!order.includes(from))
    return [`${file.path}:1: the room ${from} has no place in ${folder}: give it one in test/tidy-rules.ts`];
  const allowed = order.slice(0, order.indexOf(from));
  return file.imports.flatMap(({ file: target, line }) => {
    const to = target === null || roomOf(target) !== folder ? null : innerRoomOf(target);
    if (to === null || to === from || allowed.includes(to)) return [];
    return [`${file.path}:${line}: ${from} imports ${to}: it may import ${allowed.join(", ") || "no other room"}`];
  });
};

/** Folders that look at files which somebody else may have written, removed or replaced by something else. */
const lookers = ["store", "workers", "control", "manager", "library", "engine"];

/** What opens, reads, lists or looks by a path. */
const doors =
  "access accessSync existsSync lstat lstatSync open openSync opendir opendirSync readFile readFileSync readdir readdirSync readlink readlinkSync realpath realpathSync stat statSync truncate truncateSync watch watchFile writeFile writeFileSync appendFile appendFileSync createReadStream createWriteStream copyFile copyFileSync cp cpSync".split(
    " ",
  );

/** Who may do it all the same, and why. */
const ownDoors: Readonly<Record<string, string>> = {
  "src/store/journal/recovery.ts": "writes to a descriptor",
  "src/manager/watch-budget.ts": "reads a limit of the kernel",
  "src/workers/spool/argument-limit.ts": "reads a limit of the kernel",
  "src/workers/thread/spool-room.ts": "reads a limit of the kernel",
  "src/workers/thread/command-lookup.ts": "asks whether a user's command can be run, and opens nothing",
  "src/workers/runner/runner-program.ts": "asks where the runners are that we were shipped with",
  "src/workers/thread/live-runner.ts": "makes a new spool",
  "src/workers/adopting/adoption.ts": "watches a spool that it has open",
};

/** The runner is a process of its own: it opens what tasks name, and what it has made for them. */
const OF_THE_RUNNER = "src/workers/portable/";

/** What leads to the system by a path goes through src/system, where nothing hangs, follows a link, or takes a doubt for a no. */
export const filesAreOpenedAtOneDoor: Rule = (file) => {
  if (!lookers.includes(roomOf(file.path)) || file.path in ownDoors || file.path.startsWith(OF_THE_RUNNER)) return [];
  return file.imports.flatMap(({ specifier, names, line }) =>
    /^(?:node:)?fs(?:\/promises)?$/.test(specifier)
      ? names
          .filter((name) => doors.includes(name) || name === "")
          .map((name) => `${file.path}:${line}: ${name || "all of fs"}: open and look through src/system`)
      : [],
  );
};

/** The answers of look.ts. Where all that is not "yes" is handed on it stays as it is. */
export const noAnswerIsSweptUp: Rule = (file) =>
  file.path.startsWith("src/")
    ? file.code.flatMap((line, index) =>
        /\.answer !== /.test(line) && !/\breturn \w+;$/.test(line)
          ? [`${file.path}:${index + 1}: two answers in one: say with === what each of yes, no and unknown means`]
          : [],
      )
    : [];

export const lintIsNotSilenced: Rule = (file) =>
  file.lines.flatMap((line, index) =>
    /(?:oxlint|eslint)-disable|@ts-(?:ignore|expect-error|nocheck)|\b(?:c8|v8) ignore/.test(line) &&
    !file.path.includes("tidy-rules")
      ? [`${file.path}:${index + 1}: silences a check: mend what it found`]
      : [],
  );

/** Node's word for a directory whose name is no UTF-8 leads nowhere. */
export const oneKnowsWhereWeAre: Rule = (file) =>
  file.path.startsWith("src/") && !["src/system/look/current-directory.ts", "src/cli/system-error.ts"].includes(file.path)
    ? findings(file, /process\.cwd\(/, "ask system/look/current-directory.ts")
    : [];

/** A test may be cut short, and what it started lives on: a minute and no longer. */
export const whatTestsStartEnds: Rule = (file) =>
  file.path.startsWith("test/") && !file.path.includes("tidy")
    ? findings(
        { ...file, code: file.lines },
        /\b(?:until|while)\s+(?:\[|test\b|:|true\b)[^`]*?; do\b[^`]*?\bsleep\b|\bsleep(?:", args: \["|\(| )[0-9]{3,}/,
        "use support/shell-loops.ts, and sleep for a minute at most",
      )
    : [];

function findings(file: SourceFile, pattern: RegExp, instead: string): string[] {
  return file.code.flatMap((line, index) => {
    const found = pattern.exec(line);
    return found === null ? [] : [`${file.path}:${index + 1}: "${found[0].trim()}": ${instead}`];
  });
}
