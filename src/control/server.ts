/**
 * An engine's ear for others of the same user: a unix socket in the `control` directory, from its first job to its end. It carries
 * requests to `answer` and what comes of them back, and knows nothing of jobs. Trouble with it never ends an engine. Beside it lies a slate,
 * which says what the engine's jobs wait for when it can't be asked.
 */

import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { randomDigits } from "../domain/random-digits.js";
import { codeOf } from "../system/look/error-code.js";
import { lookAt } from "../system/look/path-look.js";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { Slate } from "../system/write/slate.js";
import { decodeRequest, encodeFailure, encodeLine, MAX_LINE_BYTES, type ControlRequest } from "./protocol.js";
import { makeShortDirectory, reachSocket, slatePath, socketDirectory, UNREACHED } from "./socket-path.js";
import { removeStaleSockets } from "./stale-sockets.js";

export interface ControlServerOptions {
  /** Ours alone; must be there when `listen` is called. */
  readonly directory: string;
  readonly answer: (request: ControlRequest) => Promise<object>;
  /** What its jobs wait for, by name. */
  readonly troubles: () => ReadonlyMap<string, string>;
  /** Told once if it can't listen: verbs then don't reach this engine. */
  readonly onTrouble: (error: Error) => void;
}

const NEWLINE = 0x0a;
/** A request that has begun has to go on within that time, and its answer to be taken. */
const REQUEST_MS = 30_000;
/** Ours speak as soon as they are connected; who says nothing for so long makes room for others. */
const SILENT_MS = 5_000;
/**
 * More are turned away, and try again: handles that they would take are missing for jobs. A request takes milliseconds, so as many at once
 * are rarely there.
 */
const MOST_CONNECTIONS = 64;
const SAY_EVERY_MS = 1_000;
const NOWHERE = "";
/** What those say that have none: sshfs, exFAT, shared folders of virtual machines. */
const WITHOUT_SOCKETS = new Set(["EPERM", "EIO", "EOPNOTSUPP", "ENOTSUP", "ENOSYS"]);

export class ControlServer {
  /** Of its socket in the directory. */
  readonly name = `${process.pid}-${randomDigits(12)}.sock`;
  readonly #options: ControlServerOptions;
  readonly #connections = new Set<Socket>();
  readonly #answers = new Set<Promise<void>>();
  #server: Server | null = null;
  #slate: Slate | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Which file its socket is; null while that is not known. */
  #seat: string | null = null;
  #isElsewhere = false;
  /** Of why it could not listen; null if it could. It is told once. */
  #trouble: string | null = null;
  /** Why nobody can reach us just now; null if they can. */
  #unreached: string | null = null;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /** Listens from now on, if it doesn't yet. It doesn't keep the process alive. */
  listen(): void {
    if (this.#server !== null) return;
    const { directory, troubles } = this.#options;
    this.#slate = new Slate(slatePath(directory, this.name));
    this.#timer = setInterval(() => {
      this.#keepPlace();
      this.#slate?.say(this.#unreached === null ? troubles() : new Map([[UNREACHED, this.#unreached], ...troubles()]));
    }, SAY_EVERY_MS).unref();
    this.#open();
  }

  #open(): void {
    const { directory } = this.#options;
    const server = createServer({ allowHalfOpen: true }, (connection) => this.#serve(connection)).unref();
    server.maxConnections = MOST_CONNECTIONS;
    this.#server = server;
    this.#seat = null;
    let release = (): void => {};
    server.once("close", () => release());
    server.on("error", (error) => this.#fail(server, error));
    try {
      const place = this.#place();
      const socket = reachSocket(place, this.name);
      release = socket.release;
      server.listen(socket.path);
      server.once("listening", () => {
        quietly(() => chmodSync(socket.path, 0o600));
        this.#seat = seatAt(place, this.name);
        this.#trouble = null;
        this.#unreached = null;
      });
      removeStaleSockets(directory, place, this.name);
    } catch (error) {
      this.#fail(server, error as Error);
    }
  }

  #place(): string {
    return this.#isElsewhere ? makeShortDirectory() : socketDirectory(this.#options.directory);
  }

  #placeOrTell(): string | null {
    try {
      return this.#place();
    } catch (error) {
      this.#unreached = (error as Error).message;
      this.#tell(error as Error);
      return null;
    }
  }

  /** What keeps it from listening (a full disk, say) may pass: it is tried again; elsewhere if the file system seems to have no sockets. */
  #fail(server: Server, error: Error): void {
    if (server === this.#server && !server.listening && !this.#isElsewhere && WITHOUT_SOCKETS.has(codeOf(error))) {
      this.#isElsewhere = true;
      return this.#open();
    }
    if (server === this.#server && !server.listening) {
      this.#seat = NOWHERE;
      this.#unreached = error.message;
    }
    this.#tell(error);
  }

  #tell(error: Error): void {
    if (error.message !== this.#trouble) this.#options.onTrouble(error);
    this.#trouble = error.message;
  }

  /** Who removes our socket, or puts an older copy in its place, keeps nobody from reaching us for long. */
  #keepPlace(): void {
    if (this.#server === null || this.#seat === null) return;
    const place = this.#placeOrTell();
    if (place === null) return;
    quietly(() => {
      const seat = seatAt(place, this.name);
      if (seat === null) return;
      if (this.#server?.listening === true && seat === this.#seat) return void (this.#unreached = null);
      // Not the whole directory of jobs: who removed that wants no more of it.
      ensurePrivateDirectory(place);
      rmSync(join(place, this.name), { force: true });
      this.#server?.close();
      this.#open();
    });
  }

  /** Answers what was asked, takes nothing more, and removes the socket. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const closed = new Promise<void>((resolve) => {
      if (this.#server?.listening !== true) resolve();
      else this.#server.close(() => resolve());
    });
    await Promise.all(this.#answers);
    for (const connection of this.#connections) connection.destroy();
    await closed;
    quietly(() => this.#slate?.remove());
    this.#slate = null;
  }

  #serve(connection: Socket): void {
    this.#connections.add(connection);
    const pieces: Buffer[] = [];
    let size = 0;
    const goAway = (): void => void connection.destroy();
    connection.setTimeout(SILENT_MS, goAway);
    connection.on("error", goAway);
    connection.on("close", () => this.#connections.delete(connection));
    // It went away, or will never say the rest.
    connection.on("end", goAway);
    connection.on("data", (piece: Buffer) => {
      if (size === 0) connection.setTimeout(REQUEST_MS);
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_LINE_BYTES) connection.destroy();
      if (connection.destroyed || piece.at(-1) !== NEWLINE) return;
      connection.removeAllListeners("data").off("end", goAway).resume().setTimeout(0);
      const answered = this.#answer(Buffer.concat(pieces).toString("utf8"))
        .then((answer) => connection.setTimeout(REQUEST_MS).end(answer))
        .then(() => void this.#answers.delete(answered));
      this.#answers.add(answered);
    });
  }

  async #answer(line: string): Promise<Buffer> {
    try {
      return encodeLine({ ok: await this.#options.answer(decodeRequest(line)) });
    } catch (error) {
      return encodeFailure(error);
    }
  }
}

/** Null if that can't be told now. */
function seatAt(place: string, name: string): string | null {
  const look = lookAt(join(place, name));
  if (look.answer === "yes") return `${look.found.dev}:${look.found.ino}`;
  return look.answer === "no" ? NOWHERE : null;
}

/** For what does no harm if it fails: the directory is closed to others in any case, and somebody else may be quicker. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // As it is.
  }
}
