/** The help texts, made from the tables of verbs and options. */

import { allOptions, commonOptions, type OptionName } from "../command-line/options.js";
import type { VerbWords } from "../command-line/verb-words.js";

export function overviewHelp(verbs: readonly VerbWords[], columns: number): string {
  return [
    "Runs jobs: lists of tasks that depend on each other, in parallel, with a durable record of every task.",
    section("Usage", ["  air-executor VERB [options]"]),
    section(
      "Verbs",
      list(
        verbs.map(({ usage, describe }) => [usage, describe]),
        columns,
      ),
    ),
    section("Options of every verb", optionList(Object.keys(commonOptions) as OptionName[], columns)),
    section("Exit codes", list(exitCodes, columns)),
    section("More", [
      "  air-executor VERB --help, or help VERB, shows a verb's own options, with examples.",
      "  Every option can be given as a variable too: --grace-period 5 as AIR_EXECUTOR_GRACE_PERIOD=5.",
    ]),
  ].join("\n\n");
}

export function verbHelp(verb: VerbWords, columns: number): string {
  const sections = [
    `${verb.describe}.`,
    section("Usage", [`  air-executor ${verb.usage}${verb.rest === "line" ? "" : " [options]"}`]),
    ...(verb.more ?? []).map(([title, rows]) => section(title, list(rows, columns))),
    ...(Object.keys(verb.args).length === 0 ? [] : [section("Arguments", list(Object.entries(verb.args), columns))]),
    ...(verb.options.length === 0 ? [] : [section("Options", optionList(verb.options, columns, verb))]),
    section("Options of every verb", optionList(Object.keys(commonOptions) as OptionName[], columns)),
    section(
      "Examples",
      verb.examples.flatMap(([command, what]) => [`  ${command}`, `      ${what}`]),
    ),
  ];
  return sections.join("\n\n");
}

type OptionWords = Pick<VerbWords, "wording" | "letters">;

const LONG_TERM = 34;

type Row = readonly [term: string, text: string];

const exitCodes: readonly Row[] = [
  ["0", "completed"],
  ["1", "failed"],
  ["2", "usage or an invalid job"],
  ["3", "the environment: locked, disk full, no permission"],
  ["129, 130, 143", "stopped by HUP, INT or TERM; the job stays unfinished"],
];

function optionList(names: readonly OptionName[], columns: number, { wording = {}, letters = {} }: OptionWords = {}): string[] {
  return list(
    names.map((name): Row => {
      const { alias, choices } = allOptions[name];
      const { value, describe } = wording[name] ?? allOptions[name];
      const placeholder = choices?.join("|") ?? value;
      const letter = alias ?? Object.entries(letters).find(([, option]) => option === name)?.[0];
      return [
        `${letter === undefined ? "   " : `-${letter},`} --${name}${placeholder === undefined ? "" : ` ${placeholder}`}`,
        describe,
      ];
    }),
    columns,
  );
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.join("\n")}`;
}

/** Terms in a column, their texts beside them, wrapped; a term that is much longer than others has a line of its own. */
function list(rows: readonly Row[], columns: number): string[] {
  const indent = Math.max(...rows.map(([term]) => (term.length > LONG_TERM ? 0 : term.length))) + 4;
  const width = Math.max(columns - indent, 30);
  return rows.flatMap(([term, text]) => {
    const lines = wrap(text, width).map((line) => " ".repeat(indent) + line);
    const [first = "", ...others] = lines;
    const head = `  ${term}`;
    return head.length + 2 > indent ? [head, ...lines] : [head + first.slice(head.length), ...others];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
