"""The shapes of what goes in and comes out, for type checkers."""

from __future__ import annotations

from typing import TypedDict


class _RequiredOfTask(TypedDict):
    command: str


class Task(_RequiredOfTask, total=False):
    """A task as it is given to `create_job` and `add`. Only `command` is required; no shell is involved."""

    id: str
    args: list[str]
    dependencies: list[str]
    env: dict[str, str]
    cwd: str
    stdin: str
    #: Seconds for one attempt.
    timeout: float
    #: Further attempts after the first.
    retries: int
    #: Seconds.
    retry_delay: float
    retry_backoff: float
    #: Exit codes and signals that qualify for a retry, `timeout` among them.
    retry_on: list[int | str]
    #: `all_success`, `all_done` or `any_failed`.
    trigger_rule: str
    #: Larger first.
    priority: int
    #: Amounts by pool: `{"cpu": 2, "memory": "4GiB", "licence": 0.5}`.
    resources: dict[str, float | str]
    #: `rerun` or `fail`.
    on_lost: str


class JobStatus(TypedDict):
    """What `get_job_status` gives: the guide's keys."""

    job_name: str
    #: `waiting`, `working`, `completed`, `failed` or `cancelled`.
    state: str
    total_tasks: int
    completed: int
    failed: int
    pending: int
