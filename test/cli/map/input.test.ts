import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { collect, combine, type LinkedRows } from "../../../src/cli/map/input/combine.js";
import { cutPieces } from "../../../src/cli/map/input/pieces.js";
import { readRecords, recordsOf, type RecordFormat } from "../../../src/cli/map/input/records.js";
import type { Row } from "../../../src/cli/map/input/rows.js";
import { shuffle } from "../../../src/cli/map/input/shuffle.js";
import { splitBytes } from "../../../src/cli/map/input/split-bytes.js";
import { bytesOf } from "../../../src/domain/byte-text.js";
import { temporaryPlace } from "../../support/temporary-directory.js";
import { fc } from "../../support/properties.js";

const lines: RecordFormat = { delimiter: Buffer.from("\n"), columns: null };

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let place = 0;
  for (let turn = 0; place < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield Buffer.from(bytes.subarray(place, place + size));
    place += size;
  }
}

async function itemsOf(bytes: Buffer, delimiter: Buffer, sizes: readonly number[]): Promise<string[]> {
  const items: string[] = [];
  for await (const block of splitBytes(chunksOf(bytes, sizes), delimiter, "x"))
    items.push(...block.map((item) => item.toString("latin1")));
  return items;
}

async function piecesOf(
  text: string,
  size: { bytes?: number; records?: number },
  hasHeader = false,
  sizes = [7],
): Promise<string[]> {
  const pieces: string[] = [];
  const wanted = { bytes: size.bytes ?? null, records: size.records ?? null };
  for await (const piece of cutPieces(chunksOf(Buffer.from(text), sizes), Buffer.from("\n"), wanted, hasHeader))
    pieces.push(piece.toString());
  return pieces;
}

async function rowsOf(path: string, format: RecordFormat): Promise<Row[]> {
  return collect(readRecords(path, format));
}

test("items are what stands between delimiters, however the bytes come", async () => {
  const delimiters = fc.constantFrom("\n", "\0", "ab", "aa", "aba");
  const input = fc.array(fc.constantFrom("a", "b", "\n", "\0", "c"), { maxLength: 40 });
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(input, delimiters, sizes, async (characters, delimiter, cuts) => {
      const text = characters.join("");
      const expected = text.split(delimiter);
      if (expected.at(-1) === "") expected.pop();
      assert.deepEqual(await itemsOf(Buffer.from(text), Buffer.from(delimiter), cuts), expected);
    }),
    { numRuns: 500 },
  );
});

test("lines are read as bytes, empty ones too, and without a newline at the end", async (t) => {
  const { root: dir } = temporaryPlace(t);
  const path = join(dir, "list");
  const bytes = Buffer.from("a b\n\n\xff\xc3\x28\nlast", "latin1");
  writeFileSync(path, bytes);
  const rows = await rowsOf(path, lines);
  assert.equal(rows.length, 4);
  assert.deepEqual(Buffer.concat(rows.map(([value]) => bytesOf(`${value}\n`))), Buffer.concat([bytes, Buffer.from("\n")]));
});

test("a NUL within a line, a line without end, and a place that is none are one clear error", async (t) => {
  const { root: dir } = temporaryPlace(t);
  const path = join(dir, "list");
  writeFileSync(path, "a\nb\0c\n");
  await assert.rejects(rowsOf(path, lines), /input 2 of .*list holds a NUL byte.*--null/);
  assert.deepEqual(await rowsOf(path, { ...lines, delimiter: Buffer.of(0) }), [["a\nb"], ["c\n"]]);
  writeFileSync(path, `a\n${"x".repeat(5 * 1024 * 1024)}`);
  await assert.rejects(rowsOf(path, lines), /input 2 of .*list is longer than 4 MiB.*--pipe/);
  await assert.rejects(rowsOf(dir, lines), /is a directory/);
  await assert.rejects(rowsOf(join(dir, "nothing"), lines), /does not exist/);
});

test("columns are cut by an expression, with the blanks around them away, or by tabs", async () => {
  assert.deepEqual(await collect(recordsOf(["a, b ,c", "d"], /,/)), [["a", "b", "c"], ["d"]]);
  assert.deepEqual(await collect(recordsOf(["a1b22c"], /\d+/)), [["a", "b", "c"]]);
  assert.deepEqual(await collect(recordsOf(["a \tb\r"], "tsv")), [["a ", "b"]]);
});

test("CSV on the command line is read as that of a file, each value a record", async () => {
  const csv = { csv: "," };
  const rows = await collect(recordsOf(['a,"b ""q"", c"', '"x\ny", 2', "\udcff,"], csv));
  assert.deepEqual(rows, [
    ["a", 'b "q", c'],
    ["x\ny", " 2"],
    ["\udcff", ""],
  ]);
  assert.deepEqual(await collect(recordsOf(["a", "", "b"], csv)), [["a"], [""], ["b"]]);
  assert.deepEqual(await collect(recordsOf([], csv)), []);
  await assert.rejects(collect(recordsOf(['a,"b'], csv)), /:::, line 1: this is no CSV/);
});

test("CSV is read with its quotes and line breaks, byte order mark and bytes that are no text; what is wrong is told with its line", async (t) => {
  const { root: dir } = temporaryPlace(t);
  const path = join(dir, "list.csv");
  const csv: RecordFormat = { ...lines, columns: { csv: "," } };
  writeFileSync(path, Buffer.from('\xef\xbb\xbfname,"size, in\r\nbytes"\r\n"say ""hi""",\xff\xe9\r\n\r\n,\r\n', "latin1"));
  const [head, first, second, ...rest] = await rowsOf(path, csv);
  assert.deepEqual(head, ["name", "size, in\r\nbytes"]);
  assert.deepEqual([first![0], Buffer.from(bytesOf(first![1]!)).toString("hex")], ['say "hi"', "ffe9"]);
  assert.deepEqual([second, rest], [["", ""], []]);
  writeFileSync(path, "a,b\n1,2\n3,4,5\n");
  await assert.rejects(rowsOf(path, csv), /list\.csv, line 3: this is no CSV \(Invalid Record Length: expect 2, got 3\)/);
  writeFileSync(path, 'a,b\n1,"2\n3,4\n');
  await assert.rejects(rowsOf(path, csv), /list\.csv, line \d+: this is no CSV \(Quote Not Closed/);
  writeFileSync(path, 'a,b\n1,"2"x\n3,4\n');
  await assert.rejects(rowsOf(path, csv), /list\.csv, line 2: this is no CSV \(Invalid Closing Quote/);
});

function listed(values: string, isLinked = false): LinkedRows {
  return { rows: recordsOf(values.split(""), null), isLinked };
}

async function combined(...lists: LinkedRows[]): Promise<string> {
  return (await collect(combine(lists))).map((row) => row.join("")).join(" ");
}

test("lists give all combinations, the last one fastest, and linked ones go in pairs as far as the shorter one", async () => {
  assert.equal(await combined(listed("ab")), "a b");
  assert.equal(await combined(listed("ab"), listed("xyz")), "ax ay az bx by bz");
  assert.equal(await combined(listed("ab"), listed("xy"), listed("12")), "ax1 ax2 ay1 ay2 bx1 bx2 by1 by2");
  assert.equal(await combined(listed("abc"), listed("xy", true)), "ax by");
  assert.equal(await combined(listed("ab"), listed("xyz", true), listed("12"), listed("34", true)), "ax13 ax24 by13 by24");
  assert.equal(await combined(listed("ab"), listed("xy"), listed("12", true)), "ax1 ay2 bx1 by2");
});

test("an empty list leaves no combination, and closes the others", async () => {
  let isClosed = false;
  async function* endless(): AsyncGenerator<readonly Row[]> {
    try {
      for (;;) yield [["a"]];
    } finally {
      isClosed = true;
    }
  }
  const empty: LinkedRows = { rows: Readable.from([]), isLinked: true };
  assert.deepEqual(await collect(combine([{ rows: endless(), isLinked: false }, empty])), []);
  assert.equal(isClosed, true);
  assert.deepEqual(await collect(combine([listed("ab"), { ...empty, isLinked: false }])), []);
});

test("the first list of a combination is read as it comes", async () => {
  let read = 0;
  async function* counted(): AsyncGenerator<readonly Row[]> {
    for (;;) yield [[String(++read)]];
  }
  const rows = combine([{ rows: counted(), isLinked: false }, listed("xy")]);
  assert.deepEqual((await rows.next()).value, [
    ["1", "x"],
    ["1", "y"],
  ]);
  assert.equal(read, 1);
  await rows.return(undefined);
});

test("a seed gives one order, for ever", () => {
  const numbers = Array.from({ length: 10 }, (_, number) => number);
  assert.deepEqual(shuffle([...numbers], "1"), [7, 8, 5, 6, 3, 1, 0, 9, 2, 4]);
  assert.notDeepEqual(shuffle([...numbers], "1"), shuffle([...numbers], "2"));
  const many = Array.from({ length: 1000 }, (_, number) => number);
  const shuffled = shuffle([...many], "x");
  assert.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    many,
  );
});

test("pieces end at line ends and have the size that was asked for, however the bytes come", async () => {
  assert.deepEqual(await piecesOf("a\nbb\nccc\ndddd\n", { records: 2 }), ["a\nbb\n", "ccc\ndddd\n"]);
  assert.deepEqual(await piecesOf("a\nbb\nccc", { records: 2 }), ["a\nbb\n", "ccc"]);
  assert.deepEqual(await piecesOf("a\nbb\nccc\nlonglonglong\nd\n", { bytes: 5 }), ["a\nbb\n", "ccc\n", "longlonglong\n", "d\n"]);
  assert.deepEqual(await piecesOf("a\nbb\nccc\n", { bytes: 100 }), ["a\nbb\nccc\n"]);
  assert.deepEqual(await piecesOf("", { bytes: 5 }), []);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "bcd", "\n"), { maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (parts, most, cuts, isBytes) => {
        const text = parts.join("");
        const pieces = await piecesOf(text, isBytes ? { bytes: most } : { records: most }, false, cuts);
        assert.equal(pieces.join(""), text);
        for (const [index, piece] of pieces.entries()) {
          const isLast = index === pieces.length - 1;
          const records = piece.split("\n").length - (piece.endsWith("\n") ? 1 : 0);
          assert.ok(isLast || piece.endsWith("\n"));
          assert.ok(isBytes ? piece.length <= most || records === 1 : records <= most);
          // No smaller than it has to be.
          const next = pieces[index + 1];
          if (next === undefined) continue;
          const more = `${piece}${next.slice(0, next.indexOf("\n") + 1 || next.length)}`;
          assert.ok(isBytes ? more.length > most || !more.endsWith("\n") : records === most);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("a long record is cut where it ends, also by a delimiter that comes in two chunks, and is not searched anew with each", async () => {
  let searched = 0;
  const indexOf = Buffer.prototype.indexOf;
  Buffer.prototype.indexOf = function (this: Buffer, ...args: Parameters<typeof indexOf>) {
    searched += this.length - Math.max(0, Number(args[1] ?? 0));
    return indexOf.apply(this, args);
  } as typeof indexOf;
  try {
    for (const size of [{ bytes: 4 }, { records: 1 }]) {
      searched = 0;
      const chunks = [...Array.from({ length: 1000 }, () => "x".repeat(100)), "\r", "\n", "b", "\r\n"];
      const pieces: string[] = [];
      const whole = { bytes: null, records: null, ...size };
      for await (const piece of cutPieces(eachOf(chunks), Buffer.from("\r\n"), whole, false)) pieces.push(piece.toString());
      assert.deepEqual(pieces, [`${"x".repeat(100_000)}\r\n`, "b\r\n"]);
      assert.ok(searched < 10 * 100_000, `${searched} bytes`);
    }
  } finally {
    Buffer.prototype.indexOf = indexOf;
  }
});

async function* eachOf(texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

test("a header stands before each piece", async () => {
  assert.deepEqual(await piecesOf("h\na\nb\nc\n", { records: 2 }, true), ["h\na\nb\n", "h\nc\n"]);
  assert.deepEqual(await piecesOf("h\n", { records: 2 }, true), []);
  assert.deepEqual(await piecesOf("h\naaa\nb\n", { bytes: 4 }, true), ["h\naaa\n", "h\nb\n"]);
});

test("lists are combined and paired as GNU parallel does", async (t) => {
  const argv = ["-k", "echo", "{1}{2}{3}{4}", ":::", "a", "b", ":::+", "x", "y", "z", ":::", "1", "2", "3", ":::+", "4", "5"];
  const { status, stdout } = spawnSync("parallel", argv, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  if (status !== 0) return t.skip("GNU parallel is not installed");
  const ours = await combined(listed("ab"), listed("xyz", true), listed("123"), listed("45", true));
  assert.equal(ours.replaceAll(" ", "\n"), stdout.trimEnd());
  return undefined;
});
