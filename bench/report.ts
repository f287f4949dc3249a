/** Makes the Markdown page of what was measured. Pure; called by main. */

import { show } from "./columns.js";
import type { Goal, Scenario } from "./contender.js";
import type { ContenderResult } from "./result.js";
import type { Machine } from "./machine.js";
import { Measured } from "./measured.js";

/** All that one call of the bench found out: what stands in results.json. */
export interface Results {
  /** ISO 8601. */
  readonly takenAt: string;
  /** The call, as it was typed. */
  readonly command: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** By the name of the scenario. */
  readonly scenarios: Readonly<Record<string, readonly ContenderResult[]>>;
}

export type Verdict = "hope" | "bar" | "missed" | "not measured";

export function judge({ kind, bar, hope }: Goal, measured: number | null): Verdict {
  if (measured === null) return "not measured";
  const reaches = (mark: number): boolean => (kind === "at least" ? measured >= mark : measured <= mark);
  if (reaches(hope)) return "hope";
  return reaches(bar) ? "bar" : "missed";
}

export function renderReport(results: Results, scenarios: readonly Scenario[]): string {
  const parts = scenarios.map((scenario) => ({ scenario, found: results.scenarios[scenario.name] ?? [] }));
  return [
    "# Results of the bench",
    "",
    `Written by \`${results.command}\`; how to read it is in [README.md](README.md).`,
    "",
    ...renderMachine(results),
    ...renderGoals(parts),
    ...parts.flatMap(({ scenario, found }) => renderScenario(scenario, found)),
  ].join("\n");
}

function renderMachine({ takenAt, isQuick, rounds, machine, versions }: Results): string[] {
  const doubts = [
    ...(isQuick ? ["the sizes are small"] : []),
    ...(machine.load > machine.cores / 4 ? ["the machine was busy"] : []),
  ];
  return [
    `${takenAt}, ${rounds} rounds. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}, ` +
      `${machine.fileSystem}; load at the beginning ${show(machine.load, 2)}` +
      (doubts.length === 0 ? "." : `. **The numbers mean little: ${doubts.join(" and ")}.**`),
    "",
    ...Object.entries(versions).map(([tool, version]) => `- ${tool}: ${version}`),
    "",
  ];
}

function renderGoals(parts: readonly { scenario: Scenario; found: readonly ContenderResult[] }[]): string[] {
  const rows = parts.flatMap(({ scenario, found }) =>
    scenario.goals.map((goal) => {
      const measured = goal.of(new Measured(found));
      const digits = goal.unit === "×" ? 2 : 0;
      const sign = goal.kind === "at least" ? "≥" : "≤";
      const shown = measured === null ? "–" : `${show(measured, digits)} ${goal.unit}`;
      const mark = (number: number): string => `${sign} ${number.toLocaleString("en-US")} ${goal.unit}`;
      return [goal.what, mark(goal.bar), mark(goal.hope), shown, judge(goal, measured)];
    }),
  );
  return rows.length === 0 ? [] : ["## Bars", "", ...table(["what", "bar", "hope", "measured", "reached"], rows), ""];
}

function renderScenario(scenario: Scenario, found: readonly ContenderResult[]): string[] {
  const measured = new Measured(found);
  const rows = found.map((result) =>
    result.kind === "measured"
      ? [result.name, ...scenario.columns.map((column) => show(column.of(result.name, measured), column.digits))]
      : [result.name, result.kind, ...scenario.columns.slice(1).map(() => "–")],
  );
  const troubles = found.flatMap((result) =>
    result.kind === "measured" ? [] : [`- ${result.name} ${result.kind}: ${oneLine(result.reason)}`],
  );
  return [
    `## ${scenario.name}`,
    "",
    `${scenario.title}.`,
    "",
    ...table(["who", ...scenario.columns.map(({ title }) => title)], rows),
    "",
    ...(troubles.length === 0 ? [] : [...troubles, ""]),
    "```sh",
    ...found.map(({ name, command }) => `${command} # ${name}`),
    "```",
    "",
  ];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const rule = titles.map((_, index) => (index === 0 ? "---" : "--:"));
  return [titles, rule, ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
