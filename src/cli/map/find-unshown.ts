/** Finds a batch that has ended while part of its output was not shown yet, since whoever began it was killed. */

import { existsSync } from "node:fs";
import { viewJob, viewPaths } from "../../index.js";
import type { Settings } from "../command-line/settings.js";
import { identityOf } from "./identity.js";
import { shownFile } from "./output/batch-output.js";
import type { Wish } from "./wish.js";

/** The directory of just this batch; null if there is none such. */
export function findUnshown(settings: Settings, wish: Wish): string | null {
  const name = settings.text("name");
  if (name === null || !wish.output.isShown || settings.isOn("fresh")) return null;
  const paths = viewPaths(settings.dir(), name);
  if (!existsSync(shownFile(paths.dir))) return null;
  const { state, isOver } = viewJob(paths, name, { withTasks: false });
  return isOver && state?.["map_of"] === identityOf(wish) ? paths.dir : null;
}
