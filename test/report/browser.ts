/** A real browser that opens pages from the file system, as a user would. Where none can be started tests say so and are skipped. */

import { existsSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

const executablePath = process.env["CHROMIUM"] ?? PLACES.find((path) => existsSync(path));

/** Or why there is none. */
const browser: Browser | string =
  executablePath === undefined
    ? "there is no Chromium on this machine (apt-get install chromium)"
    : await chromium
        .launch({ executablePath, args: ["--no-sandbox"] })
        .catch((error: Error) => `Chromium can't be started here: ${error.message.split("\n", 1)[0]}`);

export interface Opened {
  readonly page: Page;
  /** What went wrong in it: errors, and what its policy refused. */
  readonly complaints: string[];
  /** What it asked for beside itself. */
  readonly requests: string[];
}

export function browserTest(name: string, run: (context: TestContext) => Promise<void>): void {
  test(name, { skip: typeof browser === "string" ? browser : false }, run);
}

export async function openPage(context: TestContext, file: string, options: BrowserContextOptions = {}): Promise<Opened> {
  if (typeof browser === "string") throw new Error(browser);
  const session = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.after(() => session.close());
  const page = await session.newPage();
  const [complaints, requests]: [string[], string[]] = [[], []];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // It is the tests that read back what was drawn.
    if (!message.text().includes("willReadFrequently")) complaints.push(message.text());
  });
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const url = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  await page.goto(url);
  await page.waitForFunction(
    () => performance.getEntriesByName("draw").length > 0 || document.querySelector(".plot svg") !== null,
  );
  return { page, complaints, requests };
}

/** To be called when all is over: the process does not end before. */
export async function closeBrowser(): Promise<void> {
  if (typeof browser !== "string") await browser.close();
}
