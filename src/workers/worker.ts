/**
 * One thread's share of the slots, and everything that they have in common. Driven by entry.ts with the commands of the pool.
 */

import { impossible } from "../domain/errors.js";
import type { Descriptor, Report } from "../domain/ports.js";
import { Adoption } from "./adoption.js";
import { argumentLimit } from "./argument-limit.js";
import { CommandLookup } from "./command-lookup.js";
import { chooseShell } from "./lane.js";
import { forgetSpools } from "./forget-spools.js";
import { laneEnvironment } from "./lane-environment.js";
import type { WorkerCommand, WorkerSetup } from "./messages.js";
import { Preparation } from "./preparation.js";
import { Slot } from "./slot.js";
import type { SlotContext } from "./slot-context.js";
import { spoolName, spoolPath } from "./spool.js";
import { Terminator } from "./termination.js";

export class Worker {
  readonly #setup: WorkerSetup;
  readonly #context: SlotContext;
  readonly #slots = new Map<number, Slot>();
  readonly #adoption: Adoption;
  #forgetting: Promise<void> = Promise.resolve();
  /** Which slot an attempt is in. */
  readonly #slotOfKey = new Map<number, Slot>();

  constructor(setup: WorkerSetup, report: (report: Report) => void) {
    const shell = chooseShell(setup.shell);
    const environment = laneEnvironment(process.env, setup.directory, shell.isDash);
    const terminator = new Terminator();
    this.#setup = setup;
    this.#context = {
      directory: setup.directory,
      shell,
      environment,
      preparation: new Preparation(environment, new CommandLookup(), argumentLimit()),
      terminator,
      report: (ended) => {
        this.#slotOfKey.delete(ended.key);
        report(ended);
      },
    };
    const { directory, lanesDirectory } = setup;
    this.#adoption = new Adoption({ directory, lanesDirectory, shell, terminator, report });
  }

  /** True when the command was `close` and all is gone. */
  async obey(command: WorkerCommand): Promise<boolean> {
    switch (command.type) {
      case "start":
        this.#context.preparation.lookAnew();
        for (const batch of batchesOf(command.attempts)) {
          const slot = this.#slot(batch[0]!.slot);
          for (const { key } of batch) this.#slotOfKey.set(key, slot);
          slot.start(batch);
        }
        return false;
      case "stop":
        if (!this.#adoption.stop(command.key, command.graceMs))
          this.#slotOfKey.get(command.key)?.stop(command.key, command.graceMs);
        return false;
      case "adopt":
        this.#adoption.adopt(command.attempts);
        return false;
      case "warm":
        for (const slot of command.slots) this.#slot(slot).warm();
        return false;
      case "forget":
        this.#forgetting = forgetSpools(this.#setup.lanesDirectory, command.spools);
        return false;
      case "close":
        this.#adoption.close();
        await this.#forgetting;
        await Promise.all([...this.#slots.values()].map((slot) => slot.close(command.keepsSpools)));
        return true;
      default:
        return impossible(command);
    }
  }

  #slot(index: number): Slot {
    let slot = this.#slots.get(index);
    if (slot === undefined) {
      slot = new Slot(this.#context, spoolPath(this.#setup.lanesDirectory, spoolName(this.#setup.token, index)));
      this.#slots.set(index, slot);
    }
    return slot;
  }
}

/** Those that share a slot stand side by side. */
function* batchesOf(attempts: readonly Descriptor[]): Iterable<readonly Descriptor[]> {
  for (let from = 0, to = 1; from < attempts.length; to += 1) {
    if (attempts[to]?.slot === attempts[from]!.slot) continue;
    yield attempts.slice(from, to);
    from = to;
  }
}
