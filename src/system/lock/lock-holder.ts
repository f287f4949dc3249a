/**
 * Who holds a lock, as its file says, told apart from whoever got the same pid later, and from whoever holds the file of which this one is
 * a copy. Written under the lock, read without taking it. Whoever acts on the word of a file asks whether it is held at all, too.
 */

import { fstatSync, type BigIntStats } from "node:fs";
import { AirError } from "../../domain/errors.js";
import { lookAtLock } from "./lock-look.js";
import { certain, NO, unknown, yes, type Look, type Place } from "../look/look.js";
import { readFile } from "../read/open-file.js";
import { hostname } from "node:os";
import { isOtherMachine, seemsAlive } from "../process/other-machine.js";
import { bootId, pidNamespace } from "../process/process-identity.js";
import { readProcess } from "../process/process-table.js";

export interface LockHolder {
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
  /** Of another machine's process; absent for this one. */
  readonly host?: string;
}

/** The whole of what a lock's file says. */
interface Claim extends LockHolder {
  /** Of its machine; missing in those of earlier versions. */
  readonly host?: string;
  /** Tells it apart from whoever got the same pid later. */
  readonly start: string;
  /** Name of the control socket at which it listens; null if it doesn't. */
  readonly socket: string | null;
  /** The file in which this was written; missing in those of earlier versions. */
  readonly file?: string;
  /** Where its pid means something; missing in those of earlier versions, and where nobody can tell. */
  readonly namespace?: string;
  /** When it was last written, by the clock of its machine that nobody sets; missing in those of earlier versions. */
  readonly beat?: number;
}

const MAX_BYTES = 64 * 1024;

/**
 * What the file of a lock that we have just taken says of us.
 *
 * @throws the system's error if it doesn't tell who we are: nobody could reach us then.
 */
export function describeHolder(fd: number, socket: string | null): string {
  const start = certain(startOf(process.pid)) ?? "-";
  const namespace = pidNamespace();
  const claim: Claim = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    start,
    socket,
    file: nameOf(fstatSync(fd, { bigint: true })),
    ...(namespace !== null && { namespace }),
    beat: sinceBoot(),
  };
  return `${JSON.stringify(claim)}\n`;
}

/** The same of now, for a holder that shows that it lives: never shorter, so that it may be written over it. */
export function describeAgain(claim: string): string {
  return claim.replace(/"beat":\d+/, `"beat":${sinceBoot()}`);
}

/** For how many milliseconds the holder has not written that it lives; null if that can't be told. While the machine sleeps no time passes. */
export function silenceOfHolder(path: string): number | null {
  const claim = claimIn(readFile(path, MAX_BYTES));
  return claim?.beat === undefined || isOtherMachine(claim) ? null : sinceBoot() - claim.beat;
}

/** Milliseconds, the same for all processes of a machine. */
function sinceBoot(): number {
  return Math.floor(Number(process.hrtime.bigint()) / 1e6);
}

/** By its word and because it lives. Something else in the file's place is nobody's. */
export function lookAtHolder(path: string): Look<LockHolder> {
  const claim = lookAtClaim(path);
  return claim.answer === "yes" ? yes(shown(claim.found)) : claim;
}

/**
 * The name of the socket at which the holder listens; null if it listens at none, or nobody can tell now. A socket is reached from another
 * container, too.
 */
export function socketOfHolder(path: string): string | null {
  const file = readFile(path, MAX_BYTES);
  const claim = claimIn(file);
  if (claim === null || isOtherMachine(claim)) return null;
  const there = isUnseen(claim) ? lookAtLock(path) : judge(path, file);
  return there.answer === "yes" ? claim.socket : null;
}

/**
 * For those who are about to do something to the holder: he has to be of our own user, and the lock has to be held.
 *
 * @throws AirError `AIR_UNSAFE_PATH` if the file is somebody else's.
 */
export function lookAtOwnHolder(path: string): Look<LockHolder> {
  const file = readFile(path, MAX_BYTES);
  if (file.answer === "yes") refuseForeign(path, file.found.stats);
  const claim = judge(path, file);
  if (claim.answer !== "yes") return claim;
  const held = lookAtLock(path);
  return held.answer === "yes" ? yes(shown(claim.found)) : held;
}

/** True if the file names another machine's process, whether or not that lives. */
export function isOfOtherMachine(path: string): boolean {
  const claim = claimIn(readFile(path, MAX_BYTES));
  return claim !== null && isOtherMachine(claim);
}

/** Machines have numbers of their own for a file system that they share, but the same for a file. */
function isOfFile(claim: Claim, stats: BigIntStats): boolean {
  const inode = (name: string): string => name.slice(name.indexOf(":"));
  const ours = nameOf(stats);
  return claim.file === undefined || claim.file === ours || (isOtherMachine(claim) && inode(claim.file) === inode(ours));
}

function shown(claim: Claim): LockHolder {
  const { pid, since, host } = claim;
  return { pid, since, ...(host !== undefined && isOtherMachine(claim) && { host }) };
}

function refuseForeign(path: string, { uid }: BigIntStats): void {
  const user = process.geteuid?.();
  if (user === undefined || Number(uid) === user) return;
  throw new AirError("AIR_UNSAFE_PATH", `${path} belongs to user ${uid}, expected a file of user ${user}: ask that user.`);
}

function lookAtClaim(path: string): Look<Claim> {
  return judge(path, readFile(path, MAX_BYTES));
}

type ClaimFile = Place<{ readonly bytes: Buffer; readonly stats: BigIntStats }>;

/** Null if it says nothing of itself. */
function claimIn(file: ClaimFile): Claim | null {
  const claim = file.answer === "yes" ? parse(file.found.bytes.toString("utf8")) : null;
  return file.answer === "yes" && claim !== null && isOfFile(claim, file.found.stats) ? claim : null;
}

function judge(path: string, file: ClaimFile): Look<Claim> {
  if (file.answer === "other") return NO;
  if (file.answer !== "yes") return file;
  const claim = claimIn(file);
  if (claim === null) return NO;
  if (isOtherMachine(claim)) return seemsAlive(Number(file.found.stats.mtimeMs)) ? yes(claim) : NO;
  if (isUnseen(claim))
    return lookAtLock(path).answer === "no" ? NO : unknown(new Error("its holder can't be seen from this container"));
  const start = startOf(claim.pid);
  if (start.answer !== "yes") return start;
  return start.found === claim.start ? yes(claim) : NO;
}

/** Of this machine, but in another container, say: what its pid is there tells nothing here. */
function isUnseen({ namespace }: Claim): boolean {
  const own = pidNamespace();
  return namespace !== undefined && own !== null && namespace !== own;
}

/** Null for what none of us has written: an empty file is a lock that was given back. */
function parse(text: string): Claim | null {
  try {
    const value = JSON.parse(text) as Partial<Claim> | null;
    const { pid, since, start, socket = null, file, host, namespace, beat } = value ?? {};
    if (typeof pid !== "number" || typeof since !== "string" || typeof start !== "string") return null;
    if ((socket !== null && typeof socket !== "string") || (file !== undefined && typeof file !== "string")) return null;
    if (host !== undefined && typeof host !== "string") return null;
    if (namespace !== undefined && typeof namespace !== "string") return null;
    if (beat !== undefined && typeof beat !== "number") return null;
    const named = Object.entries({ host, file, namespace, beat }).filter(([, said]) => said !== undefined);
    return { pid, since, start, socket, ...Object.fromEntries(named) };
  } catch {
    return null;
  }
}

function nameOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Tells processes of one pid apart: the boot and the clock tick of its start. A process that is only a zombie is gone. */
function startOf(pid: number): Look<string> {
  const look = readProcess(pid);
  if (look.answer !== "yes") return look;
  if (look.found.isZombie) return NO;
  if (process.platform !== "linux") return yes("-");
  try {
    return yes(`${bootId()}-${look.found.start}`);
  } catch (error) {
    return unknown(error);
  }
}
