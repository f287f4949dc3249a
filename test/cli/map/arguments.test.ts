import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { compileArguments } from "../../../src/cli/map/command/arguments.js";
import { pathPart, type PathPart } from "../../../src/cli/map/command/path-part.js";
import { SLOT_MARK } from "../../../src/index.js";
import type { Columns } from "../../../src/cli/map/command/template.js";

const one: Columns = { count: 1, names: null };

function fill(words: string, values: readonly string[], columns: Columns = { count: values.length, names: null }): string[] {
  return compileArguments(words.split(" "), columns)({ values, number: 3 });
}

test("a placeholder may stand anywhere in an argument, and a value stays one argument whatever is in it", () => {
  assert.deepEqual(fill("convert {} -o={.}.png", ["a b/c d.jpg"]), ["convert", "a b/c d.jpg", "-o=a b/c d.png"]);
  assert.deepEqual(fill("x {/} {//} {/.} {#}{} {}{}", ["d/e.f"]), ["x", "e.f", "d", "e", "3d/e.f", "d/e.fd/e.f"]);
  assert.deepEqual(fill("x {%}", ["a"]), ["x", SLOT_MARK]);
  assert.deepEqual(fill("x {}", ["$(id) '\n"]), ["x", "$(id) '\n"]);
});

test("a command without a placeholder has the values at its end", () => {
  assert.deepEqual(fill("gzip -9", ["a"]), ["gzip", "-9", "a"]);
  assert.deepEqual(fill("gzip -9", ["a", "b c"]), ["gzip", "-9", "a", "b c"]);
  assert.deepEqual(fill("echo {#}", ["a"]), ["echo", "3"]);
  assert.deepEqual(compileArguments(["wc"], one, false)({ values: ["a"], number: 1 }), ["wc"]);
});

test("an argument with {} comes once for each value", () => {
  assert.deepEqual(fill("rm {} -x {.}.o", ["a.c", "b.c"]), ["rm", "a.c", "b.c", "-x", "a.o", "b.o"]);
  assert.deepEqual(fill("x {1}={}", ["a", "b"]), ["x", "a=a", "a=b"]);
});

test("columns are named by number, from either end, and by the names of a header", () => {
  assert.deepEqual(fill("x {2} {1.} {-1/}", ["a.b", "c/d"]), ["x", "c/d", "a", "d"]);
  const names = ["id", "file name", "x."];
  assert.deepEqual(fill("x {id} {x.} {2/}", ["7", "a/b", "z"], { count: 3, names }), ["x", "7", "z", "b"]);
  const columns = { count: 3, names };
  assert.deepEqual(compileArguments(["{file name/}"], columns)({ values: ["7", "a/b", "z"], number: 1 }), ["b"]);
});

test("braces that are no placeholder stay, and a placeholder in braces stands for itself", () => {
  const words = 'awk {print} {"a":1} {a,b} ${1} ${x} ${#} {} {{}} {{1}} {0} }{ {x.} a{2,3}';
  const filled = 'awk {print} {"a":1} {a,b} ${1} ${x} ${#} v {} {1} {0} }{ {x.} a{2,3}';
  assert.deepEqual(fill(words, ["v"]), filled.split(" "));
  assert.deepEqual(fill('{"a":{}} {{{}}} $$ ${}', ["v"]), ['{"a":v}', "{{}}", "$$", "$v"]);
});

test("a placeholder that can't be is one clear error", () => {
  const named = { count: 2, names: ["name", "size"] };
  assert.throws(() => fill("x {nme}", ["a", "b"], named), /no column for \{nme\}; did you mean \{name\}\?/);
  assert.throws(() => fill("x {weight.}", ["a", "b"], named), /no column for \{weight\.\}; the columns are name, size/);
  assert.throws(() => fill("x {3}", ["a", "b"]), /\{3\} is asked for, but there are 2 columns/);
  assert.throws(() => fill("x {2}", ["a"]), /one input a task/);
  assert.throws(() => fill("x {2}", ["a"], { count: null, names: null }), /input 3 has one column, but the command wants \{2\}/);
  assert.throws(() => fill("x {-2}", ["a"], { count: null, names: null }), /wants \{-2\}/);
});

test("parts of a path are those of GNU parallel", (t) => {
  const paths = [
    "a",
    "a.b",
    "a.b.c",
    "d/a.b",
    "d.e/a",
    "/a",
    "/",
    "d/",
    ".x",
    "d/.x",
    "a.",
    "d//a.b",
    "a b/c d.e",
    "..",
    "-n",
    "ü.ö",
  ];
  const parts: readonly PathPart[] = ["", ".", "/", "//", "/."];
  const { status, stdout } = spawnSync(
    "parallel",
    ["-k", "printf", "'%s\\n'", "{}", "{.}", "{/}", "{//}", "{/.}", ":::", ...paths],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  if (status !== 0) return t.skip("GNU parallel is not installed");
  const ours = paths.flatMap((path) => parts.map((part) => pathPart(path, part)));
  assert.deepEqual(ours, stdout.split("\n").slice(0, -1));
  return undefined;
});
