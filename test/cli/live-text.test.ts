import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveText } from "../../src/cli/terminal/live-text.js";
import { plainStyle } from "../../src/cli/render/style.js";
import type { Sink } from "../../src/cli/terminal/terminal.js";

function sink(options: { isTerminal: boolean; rows?: number; columns?: number }): { out: Sink; written: string[] } {
  const { isTerminal, rows = 10, columns = 20 } = options;
  const written: string[] = [];
  const stream = { fd: 1, rows } as Sink["stream"];
  const write = (text: string): void => void written.push(text);
  return {
    out: {
      stream,
      isTerminal,
      style: plainStyle,
      columns: () => columns,
      write,
      isLive: isTerminal,
      send: () => Promise.resolve(),
      deliver: () => Promise.resolve(),
      isFlushed: true,
      flushed: () => Promise.resolve(true),
      draw: () => {},
    },
    written,
  };
}

test("on a terminal a text is drawn over the one before, however its lines were wrapped", () => {
  const { out, written } = sink({ isTerminal: true });
  const live = new LiveText(out, false);
  live.show(`a\n${"b".repeat(45)}\n`, "", false);
  live.show("c\n", "", false);
  assert.deepEqual(written, [`a\n${"b".repeat(45)}\n`, "\u001b[4A\u001b[Jc\n"]);
});

test("on a terminal a text is cut where the screen ends, but not the last one", () => {
  const { out, written } = sink({ isTerminal: true, rows: 3 });
  const live = new LiveText(out, false);
  live.show("a\nb\nc\n", "", false);
  live.show("a\nb\nc\n", "", true);
  assert.deepEqual(written, ["a\nb\n", "\u001b[2A\u001b[Ja\nb\nc\n"]);
});

test("elsewhere, and for programs, a text is written again only when it says something new", () => {
  for (const [isTerminal, isData] of [
    [false, false],
    [true, true],
  ] as const) {
    const { out, written } = sink({ isTerminal });
    const live = new LiveText(out, isData);
    live.show("1 s\n", "running", false);
    live.show("2 s\n", "running", false);
    live.show("3 s\n", "completed", true);
    assert.deepEqual(written, ["1 s\n", "3 s\n"]);
  }
});
