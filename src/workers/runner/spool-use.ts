/**
 * Which spools of this engine nobody needs any more: those whose runner was let go, once the jobs that had attempts there are closed, so that
 * all ends are on record. Pure. A job that is never said to be closed keeps its spools.
 */

export class SpoolUse {
  /** The open jobs that had attempts there, by claim. */
  readonly #jobs = new Map<string, Set<string>>();
  readonly #released = new Set<string>();

  /** A job has an attempt there. */
  note(claim: string, job: string): void {
    const jobs = this.#jobs.get(claim);
    if (jobs === undefined) this.#jobs.set(claim, new Set([job]));
    else jobs.add(job);
  }

  /** Its runner has nothing any more. Gives the claims that are of no use now. */
  release(claim: string): string[] {
    this.#released.add(claim);
    return this.#takeUseless([claim]);
  }

  /** All of it is on record. Gives the claims that are of no use now. */
  close(job: string): string[] {
    for (const jobs of this.#jobs.values()) jobs.delete(job);
    return this.#takeUseless([...this.#released]);
  }

  #takeUseless(claims: readonly string[]): string[] {
    const useless = claims.filter((claim) => (this.#jobs.get(claim)?.size ?? 0) === 0);
    for (const claim of useless) {
      this.#released.delete(claim);
      this.#jobs.delete(claim);
    }
    return useless;
  }
}
