/**
 * That what an earlier engine started of a job is the runner's to adopt. Of what runs on a cluster this machine sees nothing, and a cluster
 * nothing of what runs here: it would be taken for lost, and made again beside itself.
 */

import { AirError } from "../domain/errors.js";
import type { TaskRunner } from "../domain/ports.js";
import { isClusterClaim } from "../domain/slurm-options.js";
import type { Picture } from "../store/picture/picture.js";

/** @throws AirError `AIR_CONFLICT` if it is another runner's. */
export function requireKnown({ name, claims }: Pick<Picture, "name" | "claims">, runner: Pick<TaskRunner, "knows">): void {
  const other = claims.find((claim) => !runner.knows(claim));
  if (other === undefined) return;
  const [where, how] = isClusterClaim(other)
    ? ["on a Slurm cluster", "there, with --engine slurm,"]
    : ["on this machine", "here, without --engine slurm,"];
  throw new AirError(
    "AIR_CONFLICT",
    `what an earlier engine has started of job "${name}" runs ${where}, as far as is known: go on with it ${how} or cancel it.`,
  );
}
