/** A user's directory for one test: temporary, with a PATH and an environment of its own. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

export class Workspace {
  /** The user's current directory. */
  readonly cwd: string;
  /** First on PATH. */
  readonly bin: string;
  /** Without anything that an engine or a setting of ours may have put into the environment of this very process. */
  readonly env: Record<string, string>;
  readonly #root: string;

  constructor() {
    // The real path: processes report their directory without links.
    this.#root = realpathSync(mkdtempSync(join(tmpdir(), "air-guide-")));
    this.cwd = join(this.#root, "cwd");
    this.bin = join(this.#root, "bin");
    for (const dir of [this.cwd, this.bin]) mkdirSync(dir);
    this.env = {};
    for (const [name, value] of Object.entries(process.env))
      if (value !== undefined && !name.startsWith("AIR_EXECUTOR_") && !name.startsWith("NODE_TEST")) this.env[name] = value;
    // `node` is the one that runs the tests.
    this.env["PATH"] = [this.bin, dirname(process.execPath), this.env["PATH"] ?? ""].join(delimiter);
  }

  /** A path beside the user's directory. */
  path(name: string): string {
    return join(this.#root, name);
  }

  /** Makes `name` a command that runs `program`. A script and no link: an interpreter looks at the path by which it was called. */
  addCommand(name: string, program: string): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\nexec '${program.replaceAll("'", "'\\''")}' "$@"\n`);
    chmodSync(path, 0o755);
  }

  /** Takes a command off PATH: directories that have it are replaced by links to all the rest in them. */
  removeCommand(name: string): void {
    const dirs = (this.env["PATH"] ?? "").split(delimiter).filter((dir) => dir !== "");
    this.env["PATH"] = dirs
      .map((dir, index) => (existsSync(join(dir, name)) ? this.#without(dir, name, index) : dir))
      .join(delimiter);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  #without(dir: string, name: string, index: number): string {
    const shadow = this.path(`path-${index}-without-${name}`);
    mkdirSync(shadow);
    for (const entry of readdirSync(dir)) if (entry !== name) symlinkSync(join(dir, entry), join(shadow, entry));
    return shadow;
  }
}
