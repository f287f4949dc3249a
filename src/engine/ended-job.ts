/** A job that had ended when it was opened: there is nothing to run, and it looks like a running one that is at its end. */

import type { JobSummary } from "../domain/job.js";
import type { OpenedJob } from "../store/directory/opened-job.js";
import type { Picture } from "../store/picture/picture.js";

export class EndedJob {
  readonly picture: Picture;
  readonly finished: Promise<JobSummary>;
  readonly isIdle = true;
  readonly live = { holds: [], trouble: null };

  private constructor(picture: Picture) {
    this.picture = picture;
    this.finished = Promise.resolve({ ...picture.status(), isInterrupted: false, durationMs: 0 });
  }

  /** Once its files say what its journal says and it is given back. Edits that others made in tasks.json stay. */
  static async of(opened: OpenedJob): Promise<EndedJob> {
    await opened.orGiveBack(() => (opened.isOutOfDate() ? opened.bringUpToDate() : undefined));
    await opened.giveBack();
    return new EndedJob(opened.picture);
  }

  onEvents(): () => void {
    return () => {};
  }

  cancel(): void {}
}
