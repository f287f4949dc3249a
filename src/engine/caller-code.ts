/** Calls code of the caller from within our own work. What it throws is the caller's affair, and never reaches that work. */

export function callOut(act: () => void): void {
  try {
    act();
  } catch (error) {
    // Not from here: the engine is in the middle of its work, also for other jobs.
    queueMicrotask(() => {
      throw error;
    });
  }
}
