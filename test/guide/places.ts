/** Where the tests of this folder find what they try out. This file is dist/test/guide/places.js when it runs. */

import { fileURLToPath } from "node:url";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const rootPath = fromRoot("");
export const guidePath = fromRoot("docs/PYTHON_USAGE.md");
export const cliPath = fromRoot("dist/bundle/air-executor.cjs");
/** The scripts and data of an imaginary reader of the guide. */
export const projectPath = fromRoot("test/guide/project");
export const sessionPath = fromRoot("test/guide/session.py");
export const writeJobsPath = fromRoot("test/guide/write-jobs.py");
export const pythonClientPath = fromRoot("clients/python");
