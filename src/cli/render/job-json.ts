/** The documented JSON shape of a job that ended or was stopped: the words of state.json, and how this part of it went. */

import type { JobSummary } from "../../index.js";

export function summaryJson(summary: JobSummary): object {
  return {
    id: summary.id,
    name: summary.name,
    state: summary.state,
    created_at: summary.createdAt,
    started_at: isoOf(summary.startedAt),
    completed_at: isoOf(summary.completedAt),
    error: summary.error,
    counts: summary.counts,
    first_failure: summary.firstFailure,
    interrupted: summary.isInterrupted,
    duration_ms: Math.round(summary.durationMs),
  };
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
