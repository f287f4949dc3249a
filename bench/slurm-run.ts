/**
 * `node dist/bench/slurm-run.js SLOTS TASKS…`: what the engine takes for a task with very many slots. The engine is the real one, with all its
 * files; Slurm and the slots are simulated: commands of Slurm's that say yes, and one process that answers for all slots as if their tasks took no
 * time. Prints a row for each number of tasks. It asserts nothing.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCompleted } from "./engine.js";
import { repository } from "./toolbox.js";

const main = join(repository, "dist", "bundle", "air-executor.cjs");
const SAMPLE_MS = 100;
const TICKS_A_SECOND = 100;

const SBATCH = `#!/bin/sh
for argument; do case $argument in --array=0-*) last=\${argument#--array=0-} ;; esac; done
id=$(($(ls "$SIMULATED" | wc -l) + 1))
cat >"$SIMULATED.new" && mv "$SIMULATED.new" "$SIMULATED/$id.$last" && echo "$id"
`;
const SQUEUE = `#!/bin/sh
for job in "$SIMULATED"/*; do
  name=\${job##*/}
  seq 0 "\${name#*.}" | sed "s/.*/\${name%.*}|&|RUNNING|None|simulated/"
done
`;

/** Where the commands of Slurm lie, and what was submitted. */
function simulateSlurm(root: string): { readonly bin: string; readonly jobs: string } {
  const [bin, jobs] = [join(root, "bin"), join(root, "submitted")];
  mkdirSync(bin);
  mkdirSync(jobs);
  for (const [name, script] of Object.entries({ sbatch: SBATCH, squeue: SQUEUE, scancel: "#!/bin/sh\n" }))
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  return { bin, jobs };
}

/** The keys of the attempts that commands of PROTOCOL.md start. */
function keysOf(commands: Buffer): string[] {
  const fields = commands.toString("latin1").split("\0");
  const keys: string[] = [];
  let at = 0;
  const count = (place: number): number => Number(fields[at + place]);
  while (at < fields.length - 1) {
    const command = fields[at];
    if (command === "r") keys.push(fields[at + 1]!);
    if (command === "c") at += 5 + count(4);
    else if (command === "r") at += 12 + count(9) + count(11 + count(9));
    else at += command === "s" ? 3 : command === "q" ? 1 : 2;
  }
  return keys;
}

/** Answers for the slots of one array. */
class Slots {
  readonly #directory: string;
  readonly #taken = new Map<string, number>();

  constructor(script: string, last: number) {
    this.#directory = /^directory='(.*)'$/m.exec(script)![1]!;
    const base = Number(/\$\(\((\d+) \+/.exec(script)![1]);
    for (let slot = base; slot <= base + last; slot++) this.#say(String(slot), `up 1 1_${slot} simulated ${Date.now() * 1000}\n`);
    watch(this.#directory, (_, name) => this.#hear(name ?? "")).unref();
    for (const name of readdirSync(this.#directory)) this.#hear(name);
  }

  #hear(name: string): void {
    const [what, slot = ""] = name.split(".");
    if (name.endsWith(".tmp")) return;
    if (what === "in") this.#take(slot);
    if (what === "ctl" && this.#read(name).toString().startsWith("close")) this.#say(slot, `bye over ${Date.now() * 1000}\n`);
  }

  #take(slot: string): void {
    const bytes = this.#read(`in.${slot}`);
    const [head = "", number, , length] = /^batch (\d+) (\d+) (\d+) \d+\n/.exec(bytes.toString("latin1", 0, 100)) ?? [];
    if (Number(number) !== (this.#taken.get(slot) ?? 0) + 1) return;
    this.#taken.set(slot, Number(number));
    const at = Date.now() * 1000;
    const keys = keysOf(bytes.subarray(head.length, head.length + Number(length)));
    this.#say(slot, `took ${number}\n${keys.map((key) => `b ${key} ${at}\ne ${key} x 0 ${at} 0 0 0\n`).join("")}`);
  }

  #read(name: string): Buffer {
    try {
      return readFileSync(join(this.#directory, name));
    } catch {
      return Buffer.alloc(0);
    }
  }

  #say(slot: string, text: string): void {
    try {
      appendFileSync(join(this.#directory, `spool.${slot}`), text);
    } catch {
      // The engine has gone, and its files with it.
    }
  }
}

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

async function run(tasks: number, slots: number): Promise<Cost> {
  const root = mkdtempSync(join(tmpdir(), "air-executor-bench-"));
  try {
    const { bin, jobs } = simulateSlurm(root);
    const lines = Array.from({ length: tasks }, (_, index) => `{"id":"t${index}","command":"true"}`);
    writeFileSync(join(root, "job.json"), `[\n${lines.join(",\n")}\n]\n`);
    const answers: Slots[] = [];
    const submissions = watch(jobs, (_, name) => {
      if (name !== null) answers.push(new Slots(readFileSync(join(jobs, name), "utf8"), Number(name.split(".")[1])));
    });
    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, SIMULATED: jobs };
    const args = [main, "run", "job.json", "-q", "--engine", "slurm", "--slots", `${slots}:${slots}`];
    const startedAt = performance.now();
    const engine = spawn(process.execPath, args, { cwd: root, env, stdio: "inherit" });
    let sample = { cpuMs: 0, peakMb: 0 };
    const sampling = setInterval(() => (sample = sampleOf(engine.pid!, sample.peakMb) ?? sample), SAMPLE_MS);
    const [code] = (await once(engine, "exit")) as [number | null];
    clearInterval(sampling);
    submissions.close();
    if (code !== 0) throw new Error(`the engine ended with ${code}`);
    checkCompleted(root, "job", tasks);
    return { wallMs: performance.now() - startedAt, ...sample };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function sampleOf(pid: number, before: number): { readonly cpuMs: number; readonly peakMb: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
    return { cpuMs: ((user + system) * 1000) / TICKS_A_SECOND, peakMb: Math.max(before, peakKb / 1024) };
  } catch {
    return null;
  }
}

const [slots = 1000, ...sizes] = process.argv.slice(2).map(Number);
console.log(
  `| tasks, ${slots} slots | wall s | tasks/s | CPU of the engine, µs a task | peak MB |\n| --: | --: | --: | --: | --: |`,
);
for (const tasks of sizes) {
  const { wallMs, cpuMs, peakMb } = await run(tasks, slots);
  const figures = [
    tasks,
    (wallMs / 1000).toFixed(1),
    Math.round((tasks * 1000) / wallMs),
    Math.round((cpuMs * 1000) / tasks),
    Math.round(peakMb),
  ];
  console.log(`| ${figures.join(" | ")} |`);
}
