/** Rules as tests: that the house is built as designed, and in the words we agreed on. Also that each rule can fail. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseSource, readSources, root, type SourceFile } from "./source-files.js";
import * as rules from "./tidy-rules.js";

const sources = readSources("src");
const everything = [...sources, ...readSources("test"), ...readSources("bench")];

function check(name: string, rule: rules.Rule, files: readonly SourceFile[], breach: { path?: string; text: string }): void {
  test(name, () => {
    const bad = parseSource(breach.path ?? "src/store/bad.ts", breach.text);
    assert.notDeepEqual(rule(bad), [], "the rule finds a file that breaks it");
    const found = files.flatMap((file) => rule(file));
    assert.equal(found.length, 0, `\n${found.join("\n")}`);
  });
}

check("imports run downwards, floor by floor", rules.importsRunDownwards, sources, {
  text: 'import { plan } from "../scheduler/plan.js";',
});
check("every package has one home", rules.packagesHaveOneHome, sources, { text: 'import { Piscina } from "piscina";' });
check("a file of src that is longer than 250 lines is one idea, with its reason on record", rules.filesAreShort, sources, {
  text: "\n".repeat(251),
});
check("every file of src opens with its purpose", rules.filesOpenWithTheirPurpose, sources, { text: "export const a = 1;\n" });
check("file names say what is in them", rules.namesSayWhatTheyHold, everything, { path: "src/store/utils.ts", text: "" });
check("file names are kebab-case", rules.namesAreKebabCase, everything, { path: "src/store/jobFile.ts", text: "" });
check("exports have names", rules.exportsHaveNames, sources, { text: "export default function () {}" });
check("identifiers use our one word for each thing", rules.oneWordForEachThing, everything, {
  text: "const workflow = nextStep;",
});
check("only the CLI writes to the terminal and ends the process", rules.onlyTheCliTalks, sources, { text: "process.exit(1);" });
check("files that others may have written are opened and looked at through src/system", rules.filesAreOpenedAtOneDoor, sources, {
  text: 'import { closeSync, readFileSync } from "node:fs";',
});
check("rooms within a folder have walls", rules.roomsHaveWalls, sources, {
  path: "src/store/text/bad.ts",
  text: 'import { Journal } from "../journal/journal.js";',
});
check("no look takes what it can't tell for a yes or a no", rules.noAnswerIsSweptUp, sources, {
  text: 'if (isAlive(runner).answer !== "yes") restart();',
});
check("where we are is asked in one place", rules.oneKnowsWhereWeAre, sources, { text: "resolve(process.cwd(), name);" });
check("what tests start ends by itself", rules.whatTestsStartEnds, everything, {
  path: "test/bad.ts",
  text: 'const task = "until test -e go; do sleep 1; done";',
});
check("no check is silenced", rules.lintIsNotSilenced, everything, { text: ["// oxlint", "disable no-console"].join("-") });

test("imports form no circle", () => {
  const imports = new Map(everything.map((file) => [file.path, file.imports.flatMap(({ file: target }) => target ?? [])]));
  assert.deepEqual(findCircle(imports), null);
  assert.deepEqual(findCircle(new Map(Object.entries({ a: ["b"], b: ["c"], c: ["b"] }))), ["b", "c", "b"]);
});

test("the files of the native runner call only those that stand before them in its header", () => {
  const native = join(root, "src/workers/native");
  const sections = readFileSync(join(native, "runner.h"), "utf8").split(/^\/\* (\w+\.c) \*\/$/m);
  const order: { file: string; names: string[] }[] = [];
  for (let at = 1; at < sections.length; at += 2) order.push({ file: sections[at]!, names: declaredIn(bare(sections[at + 1]!)) });
  const listed = order.map(({ file }) => file);
  const files = readdirSync(native).filter((name) => name.endsWith(".c"));
  assert.deepEqual([...listed, "main.c"].toSorted(), files.toSorted());
  const callsUp = (file: string, text: string): string[] =>
    order.slice(listed.indexOf(file) + 1).flatMap(({ names }) => names.filter((name) => isUsed(name, text)));
  for (const file of listed) assert.deepEqual(callsUp(file, bare(readFileSync(join(native, file), "utf8"))), [], file);
  assert.deepEqual(callsUp("clock.c", "int late(void) { return task.queue || wall_us() > 0 ? running : 0; }"), ["running"]);
});

/** C without comments and texts. */
function bare(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"/g, " ");
}

/** The functions and variables that a header declares. */
function declaredIn(text: string): string[] {
  const declarations = text.replaceAll(/\{[^}]*\}/g, "").split(";");
  return declarations.flatMap((one) =>
    one.includes("(")
      ? [/(\w+)\(/.exec(one)![1]!]
      : one.includes("extern")
        ? one.split(",").map((name) => /(\w+)\s*$/.exec(name)![1]!)
        : [],
  );
}

function isUsed(name: string, text: string): boolean {
  return new RegExp(`(?<![\\w.>])${name}\\b`).test(text);
}

/** The first circle met, as the path that closes it; type-only imports count as well. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | null => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return null;
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle !== null) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle !== null) return circle;
  }
  return null;
}
