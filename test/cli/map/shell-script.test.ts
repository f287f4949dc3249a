import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { compileScript } from "../../../src/cli/map/command/shell-script.js";
import { bytesOf, textOf } from "../../../src/domain/byte-text.js";
import { SeededRandom, takeSeed } from "../../support/seeded-random.js";

const oneValue = { count: 1, names: null };
const shells = ["/bin/sh", "/bin/bash", "/bin/dash"].filter((shell) => spawnSync(shell, ["-c", "true"]).status === 0);

/** What a shell prints; its complaints are printed too. */
function printed(shell: string, script: string): string {
  // As bytes: a value may be no text.
  const { stdout, stderr } = spawnSync(shell, ["-s"], { input: bytesOf(script), env: { PATH: process.env["PATH"] } });
  return textOf(Buffer.concat([stdout, stderr]));
}

const nasty: readonly string[] = [
  "",
  " ",
  "a b",
  "'",
  '"',
  "''\"\"",
  "\\",
  "$HOME",
  "$(echo caught)",
  "`echo caught`",
  "; echo caught",
  "\necho caught\n",
  "') echo caught (",
  '"; echo caught; "',
  "}; echo caught; {",
  "*",
  "~",
  "!x",
  "#x",
  "-n",
  "2",
  "a=b",
  "if",
  "\\'$(echo caught)\\'",
  textOf(Buffer.from([0x27, 0xff, 0x24, 0xc3])),
];

/** Scripts that print the value between brackets, in every kind of place where one may stand. */
const scripts: readonly string[] = [
  "printf '[%s]' {}",
  'printf "[%s]" "{}"',
  "printf '[%s]' '{}'",
  'printf "[%s]" "$(printf %sx {})" | sed "s/x]$/]/"',
  "printf '[%s]' \"$(printf '%sx' \"{}\")\" | sed 's/x]$/]/'",
  "f() { printf '[%s]' {}; }; f",
  "v={}; printf '[%s]' \"$v\"",
  'v="{}"; printf "[%s]" "$v"',
  "case {} in *) printf '[%s]' {};; esac",
  "(printf '[%s]' {})",
  "echo a | { cat >/dev/null; printf '[%s]' {}; }",
  "# it's a comment\nprintf '[%s]' {}",
  "printf '[%s]' {} # that's it",
  "printf '[%s]' a\\'{} | sed \"s/^.a'/[/\"",
  "printf '[%s]' \"\\\"{}\" | sed 's/^.\"/[/'",
  "printf '[%s]' $((1 + 2)){} | sed 's/^.3/[/'",
  "printf '[%s]' ${none:-}{}",
  "cat <<< {} 2>/dev/null >/dev/null; printf '[%s]' {}",
];

test("a value in a shell script is never read again by the shell, wherever it stands", () => {
  for (const shell of shells) {
    for (const script of scripts) {
      const fill = compileScript(script, oneValue);
      // dash has no `<<<`.
      if (script.includes("<<<") && !shell.endsWith("bash")) continue;
      for (const value of nasty) {
        // Behind a pipe to sed a value of several lines is several lines, and what a substitution ends with newlines loses them.
        if (script.includes("sed") && /[\n\ufffd\p{Surrogate}]/u.test(value)) continue;
        assert.equal(printed(shell, fill({ values: [value], number: 1 })), `[${value}]`, `${shell}: ${script}`);
      }
    }
  }
});

test("random values in random scripts run nothing, or are refused", () => {
  const seed = takeSeed();
  const random = new SeededRandom(seed);
  const bits = [
    "'",
    '"',
    "\\",
    "$",
    "(",
    ")",
    "{",
    "}",
    "`",
    "#",
    " ",
    "\n",
    "<<",
    "a",
    ";",
    "|",
    "$(",
    "$((",
    "))",
    "${",
    "case ",
    "x",
    "$'",
  ];
  const some = (count: number): string => Array.from({ length: count }, () => random.pick(bits)).join("");
  const evil = "'$(echo CAUGHT)`echo CAUGHT`\necho CAUGHT\n\"$(echo CAUGHT)\n;echo CAUGHT;'$(echo CAUGHT)";
  let judged = 0;
  for (let round = 0; round < 3000; round++) {
    const script = `${some(random.between(0, 6))}echo {}${some(random.between(0, 6))}`;
    let text: string;
    try {
      text = compileScript(script, oneValue)({ values: [evil], number: 1 });
    } catch {
      continue;
    }
    judged += 1;
    // What the value itself says is printed between quotes or not at all; a line of its own is what it did.
    if (round % 3 !== 0) continue;
    for (const shell of shells.slice(0, 2)) {
      const output = printed(shell, text.replaceAll("CAUGHT", "$((1111*3))"));
      assert.ok(!output.includes("3333"), `seed ${seed}, ${shell}: ${JSON.stringify(script)} printed ${output}`);
    }
  }
  assert.ok(judged > 500, `${judged}`);
});

test("a number may stand within arithmetic, and nothing else", () => {
  const fill = compileScript("echo $(( {} * 2 ))", oneValue);
  assert.equal(printed("/bin/sh", fill({ values: ["-21"], number: 1 })), "-42\n");
  for (const value of ["a[$(echo caught >&2)]", "", "1 1", "x"]) {
    assert.throws(() => fill({ values: [value], number: 1 }), /whole number/);
  }
});

test("where a value can't be quoted for certain the script is refused, with the place", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["echo `cat {}`", /behind `…`/],
    ["echo `true` {}", /behind `…`/],
    ["cat <<END\n{}\nEND", /here-document/],
    ["cat <<END; echo {}\nx\nEND\necho {}", /here-document/],
    ["echo ${x:-{}}", /within \$\{…\}/],
    ['echo "${x:-\'}" {}', /quotes within/],
    ["echo \\{}", /backslash/],
    ["echo ${}", /dollar/],
    ["true # {}", /comment/],
    ["echo $'{}'", /within \$'…'/],
    ["echo $(case x in x) echo {};; esac)", /case/],
  ];
  for (const [script, reason] of refused) assert.throws(() => compileScript(script, oneValue), reason, script);
  for (const script of ["echo 'a", "true # it", 'echo "', "echo $(", "cat <<END\nEND"]) {
    assert.throws(() => compileScript(script, oneValue), /say with \{\} where/, script);
  }
});

test("a script without a placeholder has the values at its end, and one for a piece of standard input has none", () => {
  assert.equal(compileScript("wc -c", oneValue)({ values: ["a b", "c"], number: 1 }), "wc -c 'a b' 'c'");
  assert.equal(compileScript("wc -c", oneValue, false)({ values: [""], number: 1 }), "wc -c");
  assert.equal(compileScript("echo {#} {.} ${#} ${1}", oneValue)({ values: ["a.b"], number: 7 }), "echo '7' 'a' ${#} ${1}");
});
