/**
 * Loaded into an engine's process before anything else (`node --import`), in each of its threads: puts itself between the engine and
 * the system, and carries out the faults of fault-plan.ts. Calls are counted a thread. What no fault names goes through untouched.
 */

import childProcess from "node:child_process";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { EventEmitter } from "node:events";
import net, { Server, Socket } from "node:net";
import { basename, join } from "node:path";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { getSystemErrorMap } from "node:util";
import workerThreads, { MessagePort } from "node:worker_threads";
import { FAULT_MET, FAULTS_VARIABLE, RECORD_VARIABLE, ROOT_VARIABLE, type Fault, type FaultCall } from "./fault-plan.js";

type CallFault = Exclude<Fault, { kind: "clock" | "uncaught-later" }>;
type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
/** How a call tells of an error: it throws, rejects, or calls back. */
type Style = "throws" | "rejects" | "calls-back" | "emits" | "goes-astray" | "returns";

const faults = JSON.parse(process.env[FAULTS_VARIABLE] ?? "[]") as Fault[];
const callFaults = faults.filter((fault): fault is CallFault => "call" in fault);
const counts = new Map<CallFault, number>();
const { closeSync, fstatSync, openSync, readlinkSync, writeSync } = fs;
const record = process.env[RECORD_VARIABLE];
const root = process.env[ROOT_VARIABLE];
const recorded = new Set<string>();
/** How much of a file its last good sync has covered; by inode. */
const synced = new Map<number, number>();

function pathOf(call: FaultCall, self: unknown, args: readonly unknown[]): string {
  if (call === "renameSync" || call === "linkSync") return String(args[1]);
  if (typeof args[0] === "string") return args[0];
  const fd = call === "writev" || call === "datasync" || call === "sync" ? (self as { fd: number }).fd : args[0];
  return typeof fd === "number" ? readlinkSync(`/proc/self/fd/${fd}`) : "";
}

/** A path without what differs from run to run; null if it is none of ours. */
function placeOf(call: FaultCall, path: string): string | null {
  if (call === "spawn" || call === "spawnSync" || call === "Worker") return basename(path);
  if (path.startsWith("/proc")) return path.replace(/\/\d+/, "/#").replace(/\/fd\/.*/, "/fd");
  if (root === undefined || (path !== root && !path.startsWith(`${root}/`))) return null;
  const inside = path
    .slice(root.length + 1)
    .replace(/ \(deleted\)$/, "")
    .replace(/\b(lanes|control|removed|runs|runners)\/[^/.]+/, "$1/*");
  return inside === "" ? "." : inside;
}

/** So many calls that are none of ours have no place at all that nobody need be asked for one. */
function safePathOf(call: FaultCall, self: unknown, args: readonly unknown[]): string {
  try {
    return pathOf(call, self, args);
  } catch {
    return "";
  }
}

function note(call: FaultCall, self: unknown, args: readonly unknown[]): void {
  const place = placeOf(call, safePathOf(call, self, args));
  const line = `${call} ${place}\n`;
  if (place === null || recorded.has(line)) return;
  recorded.add(line);
  const fd = openSync(record!, "a");
  writeSync(fd, line);
  closeSync(fd);
}

/** The faults that this very call meets; each call is counted once for each fault. */
function faultsOf(call: FaultCall, self: unknown, args: readonly unknown[]): CallFault[] {
  return callFaults.filter((fault) => {
    if (fault.call !== call || (fault.kind === "uncaught" && workerThreads.isMainThread)) return false;
    if (fault.path !== undefined && !pathOf(call, self, args).endsWith(fault.path)) return false;
    if (fault.place !== undefined && placeOf(call, safePathOf(call, self, args)) !== fault.place) return false;
    const count = (counts.get(fault) ?? 0) + 1;
    counts.set(fault, count);
    if (fault.kind === "kill" || fault.kind === "uncaught") return count === fault.nth;
    return count >= fault.nth && count < fault.nth + (fault.times ?? Infinity);
  });
}

function killSelf(): void {
  process.kill(process.pid, "SIGKILL");
}

/** No `catch` may keep it. */
function dieUncaught({ tokens, times }: { readonly tokens: string; readonly times: number }): void {
  for (let death = 1; death <= times; death++) {
    try {
      closeSync(openSync(join(tokens, String(death)), "wx"));
    } catch {
      continue;
    }
    // Who lets a file go keeps all others to himself, and would come to an end before this one is met.
    const error = Object.assign(new Error(FAULT_MET), { code: "EBADF" });
    queueMicrotask(() => {
      throw error;
    });
    throw error;
  }
}

function systemError(code: string, call: string, path?: unknown): Error {
  const where = typeof path === "string" ? ` '${path}'` : "";
  const known = [...getSystemErrorMap()].find(([, [name]]) => name === code);
  if (known === undefined) return namelessError(code, call, where);
  const [errno, [, text]] = known;
  return Object.assign(new Error(`${code}: ${text}, ${call}${where}`), { code, errno, syscall: call });
}

/** What Node makes of a refusal that it has no name for. */
function namelessError(name: string, call: string, where: string): Error {
  const errno = -(constants.errno as Readonly<Record<string, number>>)[name]!;
  const code = `Unknown system error ${errno}`;
  return Object.assign(new Error(`${code}: ${code}, ${call}${where}`), { code, errno, syscall: call });
}

/** Half of a write, or, when that was reached before, the error that a full disk gives. */
function writeShort(fault: CallFault, original: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
  const [fd, data, offset] = args as [number, Buffer, number | undefined];
  if (counts.get(fault) !== fault.nth) throw systemError("ENOSPC", "write");
  const from = offset ?? 0;
  return original.call(self, fd, data, from, Math.ceil((data.length - from) / 2));
}

function noteSync(fd: number): void {
  const { ino, size } = fstatSync(fd);
  synced.set(ino, size);
}

/** A disk that fails may drop what waits to be written, and the kernel then shows what is on it. */
function forget(fd: number): void {
  const { ino, size } = fstatSync(fd);
  const from = synced.get(ino) ?? 0;
  // Not through the descriptor: it may be one for appending only.
  const file = openSync(readlinkSync(`/proc/self/fd/${fd}`), "r+");
  writeSync(file, Buffer.alloc(size - from), 0, undefined, from);
  closeSync(file);
}

function wrap(owner: object, name: string, call: FaultCall, style: Style): void {
  if (record === undefined && !callFaults.some((fault) => fault.call === call)) return;
  const holder = owner as Record<string, AnyFunction>;
  const original = holder[name]!;
  holder[name] = function (this: unknown, ...args: unknown[]): unknown {
    if (record !== undefined) note(call, this, args);
    const met = faultsOf(call, this, args);
    for (const fault of met) {
      if (fault.kind === "kill" && fault.when === "before") killSelf();
      if (fault.kind === "uncaught") {
        if (fault.when === "before") dieUncaught(fault);
        continue;
      }
      if (fault.kind !== "kill") writeSync(2, `${FAULT_MET}\n`);
      if (fault.kind === "forget") {
        forget(args[0] as number);
        return fail(systemError("EIO", call), style, args);
      }
      if (fault.kind === "short") return writeShort(fault, original, this, args);
      if (fault.kind === "fail" && style === "goes-astray") return astray(fault.code, call, original, this, args);
      if (fault.kind === "fail" && style === "emits") return failLater(fault.code, original, this, args);
      // As the system has it: the file is closed all the same.
      if (call === "closeSync" || call === "close") original.apply(this, call === "close" ? [args[0], () => {}] : args);
      if (fault.kind === "fail") return fail(systemError(fault.code, call, args[0]), style, args);
    }
    if (call === "fdatasync") noteSync(args[0] as number);
    const isLast = met.some((fault) => fault.kind === "kill");
    if (isLast && style === "calls-back") args[args.length - 1] = killSelf;
    const result = original.apply(this, args);
    if (isLast && style === "throws") killSelf();
    for (const fault of met) if (fault.kind === "uncaught" && fault.when === "after") dieUncaught(fault);
    if (isLast && style === "rejects") void (result as Promise<unknown>).finally(killSelf);
    return result;
  };
}

function fail(error: Error, style: Style, args: readonly unknown[]): unknown {
  if (style === "throws") throw error;
  if (style === "returns") return { error, status: null, signal: null, stdout: "", stderr: "", pid: 0, output: [] };
  if (style === "rejects") return Promise.reject(error);
  setImmediate(() => {
    const callback = args.at(-1);
    // Nobody listens: then Node throws it.
    if (typeof callback !== "function") throw error;
    (callback as (error: Error) => void)(error);
  });
  return undefined;
}

/** What goes to a socket goes nowhere. */
function astray(code: string, call: FaultCall, original: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
  const end = original.call(self, "/nowhere/at/all.sock", ...args.slice(1)) as EventEmitter;
  const emit = end.emit.bind(end);
  end.emit = (name: string | symbol, ...rest: unknown[]) =>
    emit(name, ...(name === "error" ? [systemError(code, call, args[0])] : rest));
  return end;
}

/** A process that the system does not start says so by an event. */
function failLater(code: string, original: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
  const child = original.call(self, "/nowhere/at/all", ...args.slice(1)) as EventEmitter;
  const emit = child.emit.bind(child);
  child.emit = (name: string | symbol, ...rest: unknown[]) =>
    emit(name, ...(name === "error" ? [systemError(code, "spawn", args[0])] : rest));
  return child;
}

/** One that can't be started says so by an event, as one that dies before its first word does. */
function wrapWorker(): void {
  if (record === undefined && !callFaults.some(({ call }) => call === "Worker")) return;
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(file: string | URL, options?: workerThreads.WorkerOptions) {
      if (record !== undefined) note("Worker", null, [String(file)]);
      const [met] = faultsOf("Worker", null, [String(file)]);
      if (met !== undefined) writeSync(2, `${FAULT_MET}\n`);
      if (met?.kind === "fail") super(`throw new Error("${met.code}: no thread")`, { eval: true });
      else super(file, options);
    }
  };
}

for (const call of ["openSync", "writeSync", "renameSync", "mkdirSync", "rmSync", "ftruncateSync"] as const) {
  wrap(fs, call, call, "throws");
}
wrap(fs, "closeSync", "closeSync", "throws");
for (const call of ["lstatSync", "fstatSync", "readdirSync", "opendirSync", "readSync", "readFileSync"] as const) {
  wrap(fs, call, call, "throws");
}
for (const call of ["statSync", "accessSync", "realpathSync", "readlinkSync"] as const) wrap(fs, call, call, "throws");
wrap(net, "connect", "connect", "goes-astray");
wrap(Server.prototype, "listen", "listen", "goes-astray");
wrapWorker();
for (const call of ["unlinkSync", "linkSync", "chmodSync", "watch"] as const) wrap(fs, call, call, "throws");
wrap(childProcess, "spawnSync", "spawnSync", "returns");
wrap(fs, "fdatasync", "fdatasync", "calls-back");
wrap(fs, "close", "close", "calls-back");
const handle = await fsPromises.open(fileURLToPath(import.meta.url));
wrap(Object.getPrototypeOf(handle) as object, "writev", "writev", "rejects");
wrap(Object.getPrototypeOf(handle) as object, "datasync", "datasync", "rejects");
wrap(Object.getPrototypeOf(handle) as object, "sync", "sync", "rejects");
await handle.close();
wrap(fsPromises, "open", "open", "rejects");
// As the system has it: some refusals are thrown, a want of processes and handles is told later.
wrap(childProcess, "spawn", "spawn", callFaults.some((fault) => fault.place !== undefined) ? "emits" : "throws");
wrap(MessagePort.prototype, "postMessage", "postMessage", "throws");
wrap(Socket.prototype, "write", "socketWrite", "throws");
syncBuiltinESMExports();

for (const fault of faults) {
  if (fault.kind === "uncaught-later" && !workerThreads.isMainThread) setTimeout(() => dieUncaught(fault), fault.afterMs).unref();
  if (fault.kind === "clock") {
    const { now } = Date;
    const at = now() + fault.afterMs;
    Date.now = () => now() + (now() < at ? 0 : fault.byMs);
  }
}
