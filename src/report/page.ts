/**
 * Puts data into the page: one HTML file that needs nothing else. The template, with its program and its looks, is made when the package is
 * built (rolldown.config.js). What comes from a job stands in a block of JSON that no browser runs, and is escaped so that it can't end it.
 */

import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PageData } from "../page/data.js";
import { demandPart } from "../system/look/missing-part.js";

/** Where the data goes, and the title. */
const [DATA, TITLE] = ["<!--DATA-->", "<!--TITLE-->"];

export function makePage(title: string, data: PageData): string {
  const [head, middle, end] = splitTemplate(readFileSync(templatePath(), "utf8"));
  return `${head}${escapeHtml(title)}${middle}${escapeJson(JSON.stringify(data))}${end}`;
}

/** Nothing in it can end the block, begin a comment or another block; U+2028 and U+2029 are line ends to old readers. */
export function escapeJson(json: string): string {
  return json.replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function splitTemplate(template: string): readonly [string, string, string] {
  const [title, data] = [template.indexOf(TITLE), template.indexOf(DATA)];
  if (title < 0 || data < title) throw new Error("Internal error: the template of pages has no place for its data");
  return [template.slice(0, title), template.slice(title + TITLE.length, data), template.slice(data + DATA.length)];
}

/** Beside the files that are shipped; the compiled modules lie two folders away. Throws if it is missing. */
function templatePath(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const path = join(here, basename(here) === "report" ? "../../bundle" : "", "page.html");
  demandPart(path);
  return path;
}
