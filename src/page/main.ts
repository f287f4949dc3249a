/** The program of a page: reads the data that stands in it and draws. Asks the network for nothing. */

import { benchView } from "./bench-view.js";
import type { PageData } from "./data.js";
import { element } from "./element.js";
import { runView } from "./run-view.js";

const data = JSON.parse(document.getElementById("data")!.textContent) as PageData;
document.body.append(
  element(
    "main",
    {},
    ...(data.bench === null ? [] : benchView(data.bench)),
    ...(data.run === null ? [] : runView(data.run)),
    element("footer", {}, "Made by Air-Executor. This page needs no network and sends nothing anywhere."),
  ),
);
