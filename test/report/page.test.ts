/** Pages in a real browser: what is drawn against what is on record. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import type { Page } from "playwright-core";
import type { RunHistory, TaskHistory } from "../../src/domain/history.js";
import { makePage } from "../../src/report/page.js";
import { runDataOf } from "../../src/report/run-data.js";
import { benchDataOf } from "../../src/report/bench-data.js";
import type { BenchResult } from "../../src/sweep/result.js";
import { settings } from "../scheduler/support/jobs.js";
import { pipeline, ran, simulate } from "../analysis/simulated-run.js";
import { browserTest, closeBrowser, openPage, type Opened } from "./browser.js";
import { madeUpBench } from "./made-up-bench.js";

after(closeBrowser);

interface Show {
  readonly slots?: number;
  readonly note?: string;
  readonly tail?: string;
  readonly browser?: Parameters<typeof openPage>[2];
}

function historyOf(tasks: readonly TaskHistory[], state: RunHistory["job"]["state"] = "completed"): RunHistory {
  const counts = { total: tasks.length, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  for (const { record } of tasks) counts[record.status] += 1;
  const completedAt = Math.max(0, ...tasks.map(({ record }) => record.completedAt ?? 0));
  const times = { createdAt: "", startedAt: 0, completedAt: state === "completed" || state === "failed" ? completedAt : null };
  return {
    job: { name: "job", id: "job-1", state, ...times, error: null, counts, firstFailure: null },
    owner: "run",
    settings: settings({}),
    takenAt: 0,
    slots: null,
    tasks,
    pauses: [],
    holds: [],
    damage: null,
  };
}

async function show(context: TestContext, history: RunHistory, options: Show = {}): Promise<Opened & { readonly html: string }> {
  const { slots = null, note = null, tail = "" } = options;
  const run = runDataOf(history, { nowMs: 10_000, slots, note, tailOf: () => tail });
  const html = makePage("a page", { run, bench: null });
  return { html, ...(await openFile(context, html, options.browser)) };
}

async function openFile(context: TestContext, html: string, browser: Show["browser"] = {}): Promise<Opened> {
  const dir = mkdtempSync(join(tmpdir(), "air-executor-page-"));
  context.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "page.html"), html);
  return openPage(context, join(dir, "page.html"), browser);
}

const gantt = ".rows canvas";

/** The colour at a place of the Gantt chart: the share of the whole time, and the middle of a row. */
async function colorAt(page: Page, share: number, row: number): Promise<string> {
  return page.evaluate(
    ({ at, index }) => {
      const canvas = document.querySelector<HTMLCanvasElement>(".rows canvas")!;
      const width = canvas.clientWidth;
      const x = 64 + (width - 64 - 16) * at;
      // Above the middle, where no name is written.
      const y = 6 + 26 * index + 5;
      const [red, green, blue, alpha] = canvas.getContext("2d")!.getImageData(Math.round(x), Math.round(y), 1, 1).data;
      return alpha === 0 ? "nothing" : `${red},${green},${blue}`;
    },
    { at: share, index: row },
  );
}

async function frame(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** What the browser does later than it says, such as turning a wheel: until there is that colour, or another one than `not`. */
async function untilColor(page: Page, share: number, row: number, wanted: { is: string } | { not: string }): Promise<string> {
  for (let round = 0; ; round++) {
    const color = await colorAt(page, share, row);
    if (round === 500 || ("is" in wanted ? color === wanted.is : color !== wanted.not)) return color;
    await frame(page);
  }
}

const works = pipeline({ prepare: 1_000, shards: [4_000, 4_000, 4_000], merge: 1_000 });

browserTest(
  "bars are where the record says: in their slots, from their start to their end, in the colours of their groups",
  async (context) => {
    const { page, complaints, requests } = await show(context, historyOf(simulate(works, { slots: 2 })));
    // prepare until 1 s, two shards until 5 s, the third until 9 s, merge until 10 s
    const [prepare, shard, merge] = ["68,119,170", "68,170,153", "201,162,39"];
    const expected: [number, number, string][] = [
      [0.05, 0, prepare],
      [0.05, 1, "nothing"],
      [0.3, 0, shard],
      [0.3, 1, shard],
      [0.7, 0, shard],
      [0.7, 1, "nothing"],
      [0.95, 0, merge],
      [0.95, 1, "nothing"],
    ];
    for (const [share, row, color] of expected) assert.equal(await colorAt(page, share, row), color, `${share} of row ${row}`);
    // Their ends, to a pixel or two.
    assert.equal(await colorAt(page, 0.103, 0), shard);
    assert.equal(await colorAt(page, 0.097, 0), prepare);
    assert.deepEqual([complaints, requests], [[], []]);
  },
);

browserTest("the critical path is told in its order with its waits, and underlined", async (context) => {
  const { page } = await show(context, historyOf(simulate(works, { slots: 2 })));
  const rows = await page.locator('table[aria-label="Critical path"] tbody tr').allInnerTexts();
  assert.deepEqual(
    rows.map((row) =>
      row
        .split("\t")
        .slice(0, 3)
        .map((cell) => cell.trim()),
    ),
    [
      ["prepare", "", "1.00 s"],
      ["process-3", "4.00 s", "4.00 s"],
      ["merge", "", "1.00 s"],
    ],
  );
  const inkAt = (share: number, row: number): Promise<boolean> =>
    page.evaluate(
      ({ at, index }) => {
        const canvas = document.querySelector<HTMLCanvasElement>(".rows canvas")!;
        const x = 64 + (canvas.clientWidth - 80) * at;
        const [red, green, blue] = canvas.getContext("2d")!.getImageData(Math.round(x), 6 + 26 * index + 23, 1, 1).data;
        return red! + green! + blue! < 120;
      },
      { at: share, index: row },
    );
  assert.deepEqual(await Promise.all([inkAt(0.05, 0), inkAt(0.3, 0), inkAt(0.7, 0), inkAt(0.95, 0)]), [true, false, true, true]);
  await page.getByRole("button", { name: "Critical path" }).click();
  await frame(page);
  assert.equal(await inkAt(0.05, 0), false, "it can be hidden");
});

browserTest("zooming by button and key brings a part of the time to the whole width, and 0 brings all back", async (context) => {
  const { page } = await show(context, historyOf(simulate(works, { slots: 2 })));
  const before = await colorAt(page, 0.05, 0);
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await frame(page);
  // From 3.75 s to 6.25 s: the shards, and no longer what came before them.
  assert.equal(await colorAt(page, 0.05, 1), "68,170,153");
  assert.equal(await colorAt(page, 0.95, 1), "nothing");
  await page.locator(".rows").focus();
  await page.keyboard.press("0");
  await frame(page);
  assert.equal(await colorAt(page, 0.05, 0), before);
  await page.keyboard.press("+");
  await frame(page);
  assert.equal(await colorAt(page, 0.05, 0), "68,170,153");
});

browserTest("the wheel zooms with Ctrl alone: without it the page scrolls", async (context) => {
  const { page } = await show(context, historyOf(simulate(works, { slots: 2 })));
  await page.locator(gantt).scrollIntoViewIfNeeded();
  const box = (await page.locator(gantt).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 20);
  const top = await page.evaluate(() => window.scrollY);
  await page.mouse.wheel(0, 200);
  await page.waitForFunction((earlier) => window.scrollY > earlier, top);
  await frame(page);
  assert.equal(await colorAt(page, 0.05, 0), "68,119,170");
  await page.keyboard.down("Control");
  const moved = (await page.locator(gantt).boundingBox())!;
  await page.mouse.move(moved.x + moved.width / 2, moved.y + 20);
  await page.mouse.wheel(0, -1_000);
  await page.keyboard.up("Control");
  assert.notEqual(await untilColor(page, 0.05, 0, { not: "68,119,170" }), "68,119,170");
});

browserTest("keys go from task to task, and what is chosen is told in words", async (context) => {
  const { page } = await show(context, historyOf(simulate(works, { slots: 2, startMs: 20 })), { slots: 2 });
  const told = page.locator(".chosen");
  await page.locator(".rows").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await told.innerText(), /^prepare took 1\.00 s, from 20 ms on\. On the critical path\. Ready, it waited 20 ms\.$/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  assert.match(await told.innerText(), /^process-2 took 4\.00 s.*It came after prepare\. Ready, it waited 20 ms/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowRight");
  assert.match(
    await told.innerText(),
    /^process-3.*On the critical path\..*Ready, it waited 4\.04 s, 4\.00 s of it for a slot\./,
  );
  await page.keyboard.press("Escape");
  assert.equal(await told.innerText(), "");
  await page.locator('table[aria-label="Slowest tasks"] button').first().click();
  assert.match(await told.innerText(), /^process-/);
  await page.locator(gantt).hover({ position: { x: 70, y: 18 } });
  assert.match(await page.locator(".tip").innerText(), /^prepare/);
});

browserTest("looking for tasks and choosing a group make the others pale", async (context) => {
  const { page } = await show(context, historyOf(simulate(works, { slots: 2 })));
  const isPale = async (share: number, row: number): Promise<boolean> => {
    await frame(page);
    const alpha = await page.evaluate(
      ({ at, index }) => {
        const canvas = document.querySelector<HTMLCanvasElement>(".rows canvas")!;
        const x = Math.round(64 + (canvas.clientWidth - 80) * at);
        return canvas.getContext("2d")!.getImageData(x, 6 + 26 * index + 5, 1, 1).data[3]!;
      },
      { at: share, index: row },
    );
    return alpha < 100;
  };
  await page.getByRole("searchbox").fill("PROCESS-2");
  assert.deepEqual([await isPale(0.3, 0), await isPale(0.3, 1)], [true, false]);
  assert.equal(await page.locator(".found").innerText(), "1 found");
  await page.getByRole("searchbox").fill("");
  const group = page.getByRole("button", { name: "merge: 1 task" });
  await group.focus();
  await page.keyboard.press("Enter");
  assert.equal(await group.getAttribute("aria-pressed"), "true");
  assert.deepEqual([await isPale(0.3, 0), await isPale(0.95, 0)], [true, false]);
});

browserTest("dark mode is followed, also while the page is open", async (context) => {
  const { page } = await show(context, historyOf(simulate(works, { slots: 2 })), { browser: { colorScheme: "dark" } });
  const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(await paper(), "rgb(21, 23, 26)");
  assert.equal(await colorAt(page, 0.05, 0), "111,163,216");
  await page.emulateMedia({ colorScheme: "light" });
  assert.equal(await untilColor(page, 0.05, 0, { is: "68,119,170" }), "68,119,170");
  assert.equal(await paper(), "rgb(251, 251, 249)");
});

const evil = '</script><img src=x onerror="alert(1)">';

browserTest("a task named to break out of the page is shown by its name, and so is what it wrote", async (context) => {
  const names = [evil, "<!--<script>", "x\u202eabc", "مرحبا بالعالم", "a".repeat(200), "${alert(2)}", "&lt;b&gt;"];
  const tasks = names.map((name) =>
    Object.assign(ran(name, [], [[0, 0, 1_000]]), {
      record: { ...ran(name, [], [[0, 0, 1_000]]).record, status: "failed" as const, error: `it ${evil}` },
    }),
  );
  const history = historyOf(tasks, "failed");
  const named = { ...history, job: { ...history.job, name: evil, error: evil } };
  const { page, complaints, requests, html } = await show(context, named, { tail: `</pre>${evil}`, note: evil });
  assert.deepEqual([complaints, requests], [[], []]);
  assert.equal(await page.locator("img, body script[src], iframe, object").count(), 0);
  assert.equal(await page.locator("h1").innerText(), evil);
  const shown = await page.locator(".failure .name-button").allInnerTexts();
  assert.deepEqual(
    shown,
    names.map((name) => name.replace("\u202e", "\ufffd")),
  );
  assert.equal(await page.locator(".failure pre").first().innerText(), `</pre>${evil}`);
  assert.equal(html.split("</script>").length, 3, "the blocks of the page itself, and no other");
});

browserTest("the policy of the page forbids what does not stand in it", async (context) => {
  const { page } = await show(context, historyOf(simulate(works, { slots: 2 })));
  const refused = await page.evaluate(async () => {
    const inline = document.createElement("script");
    inline.textContent = "window.hacked = true";
    document.body.append(inline);
    const fetched = await fetch("http://127.0.0.1:9/").then(
      () => "fetched",
      () => "refused",
    );
    return [String("hacked" in window), fetched, document.querySelector("meta[http-equiv]")!.getAttribute("content")];
  });
  assert.deepEqual(refused.slice(0, 2), ["false", "refused"]);
  assert.match(
    refused[2]!,
    /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
  );
});

browserTest("a run that is not over says so, and a running task has no end", async (context) => {
  const tasks = [ran("a", [], [[0, 0, 4_000]]), ran("b", ["a"], [[4_000, 4_000, null]])];
  const { page } = await show(context, historyOf(tasks, "working"), {
    note: "This run is not over; what is known so far is shown.",
  });
  assert.match(await page.locator(".note").innerText(), /not over/);
  assert.match(await page.locator(".facts").innerText(), /So far\s+10\.0 s/);
  await page.locator(".rows").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.locator(".chosen").innerText(), /^b has run for 6\.00 s/);
});

browserTest("10,000 tasks make a page of less than 2 MB that is drawn whole, also on a phone", async (context) => {
  const many = simulate(
    pipeline({ prepare: 500, shards: Array.from({ length: 9_998 }, (_, index) => 20 + (index % 7)), merge: 500 }),
    {
      slots: 16,
      startMs: 1,
    },
  );
  const { page, html, complaints } = await show(context, historyOf(many), {
    slots: 16,
    browser: { viewport: { width: 390, height: 800 } },
  });
  assert.ok(html.length < 2_000_000, `${html.length} bytes`);
  assert.deepEqual(complaints, []);
  assert.match(await page.locator(".graph").innerText(), /process-\*\s*9,998 tasks/);
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  assert.equal(isWide, false, "nothing sticks out");
  await page.getByRole("button", { name: "Zoom in" }).click();
  await frame(page);
  const frames = await page.evaluate(() => performance.getEntriesByName("draw").map(({ duration }) => Math.round(duration)));
  context.diagnostic(`milliseconds a drawing: ${frames.join(" ")}`);
});

browserTest("of 120,000 tasks those that took longest are drawn, and the page says so", async (context) => {
  const lengths = Array.from({ length: 120_000 }, (_, index) => ({ id: `t${index}`, ms: 1 + (index % 5) }));
  const { page, complaints } = await show(context, historyOf(simulate(lengths, { slots: 8 })), { slots: 8 });
  assert.match(await page.locator(".note").innerText(), /^Of 120,000 attempts the 50,000 that took longest are drawn/);
  assert.match(await page.locator(".facts").innerText(), /Tasks\s+120,000/);
  assert.deepEqual(complaints, []);
});

browserTest("names of 200 bytes that have nothing in common don't make the page too large either", async (context) => {
  const works2 = Array.from({ length: 10_000 }, (_, index) => ({
    id: `${(index * 7_919) % 10_000}${"é".repeat(90)}${index}`,
    ms: 10,
  }));
  const run = runDataOf(historyOf(simulate(works2, { slots: 8 })), { nowMs: 0, slots: 8, note: null, tailOf: () => "" });
  const html = makePage("large", { run, bench: null });
  assert.ok(Buffer.byteLength(html) < 2_000_000, `${Buffer.byteLength(html)} bytes`);
  const { complaints } = await openFile(context, html);
  assert.deepEqual(complaints, []);
});

browserTest("CPU and memory are drawn where they are known, and are not spoken of where not", async (context) => {
  const usage = { userMs: 2_000, systemMs: 0, maxRssKb: 100_000 };
  const known = simulate(works, { slots: 2 }).map((task) =>
    Object.assign({}, task, { attempts: task.attempts.map((attempt) => Object.assign({}, attempt, { usage })) }),
  );
  const { page } = await show(context, historyOf(known));
  const labels = await page.locator("canvas").evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")!));
  assert.match(labels.join("\n"), /CPU, in cores.*at most 2\.0/);
  assert.match(labels.join("\n"), /Memory at most.*at most 205 MB/);
  const without = await show(context, historyOf(simulate(works, { slots: 2 })));
  assert.equal(await without.page.locator("canvas").count(), 3);
});

browserTest("a bench is drawn with every point at its place, and says what to choose", async (context) => {
  const result: BenchResult = madeUpBench();
  const html = makePage("bench", { run: null, bench: benchDataOf(result) });
  const { page, complaints } = await openFile(context, html);
  assert.deepEqual(complaints, []);
  assert.equal(await page.locator(".knee").innerText(), result.knee!.text);
  const rows = await page.locator('table[aria-label="Every point of the sweep"] tbody tr').count();
  assert.equal(rows, result.points.length);
  const titles = await page.locator(".plot").first().locator("circle title").allTextContents();
  assert.equal(titles.length, result.points.length);
  // Twice as fast is half as high above the ground.
  const heights = await page
    .locator(".plot")
    .first()
    .evaluate((plot) => {
      const bottom = Math.max(...Array.from(plot.querySelectorAll("line.grid")).map((line) => Number(line.getAttribute("y1"))));
      return Array.from(plot.querySelectorAll("circle:has(title)")).map((circle) => bottom - Number(circle.getAttribute("cy")));
    });
  const walls = result.points.map(({ wall }) => wall!.value);
  for (const [index, height] of heights.entries()) {
    assert.ok(Math.abs(height / heights[0]! - walls[index]! / walls[0]!) < 0.01, `${height} for ${walls[index]}`);
  }
});
