"""The client: what a program uses to drop jobs and to follow them. It talks to no process, only to files."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import job_writer, json_files
from .checks import check_job_name
from .errors import InvalidJob, JobNotFound, NotReadable, WaitTimeout
from .model import JobStatus

_FINAL_STATES = ("completed", "failed", "cancelled")
_OPEN_STATUSES = ("pending", "running")


class AirExecutorClient:
    """Drops jobs into a job directory and reads what became of them. Whether an engine runs makes no difference to it.

    `base_path` is the directory that the engine uses, default `.air-executor` in the current directory. Inside a task it is
    `os.environ["AIR_EXECUTOR_DIR"]`.
    """

    def __init__(self, base_path: str | os.PathLike[str] = ".air-executor") -> None:
        self.base_path = Path(base_path)
        self.jobs_path = self.base_path / "jobs"

    def create_job(self, job_name: str, tasks: Sequence[Mapping[str, Any]]) -> str:
        """Creates a job and gives its id, `NAME-<unix seconds>`, made unique.

        Each task is a dict with a `command`, and optionally `id` (default `task-1`, `task-2` …), `args`, `dependencies` and the
        options of `Task`. A job of the same name is replaced: this is a new run of it, and one that still runs is stopped.
        Raises InvalidJob, and then has written nothing.
        """
        return job_writer.create(self.jobs_path / check_job_name(job_name), tasks)

    def add(self, job_name: str, tasks: Sequence[Mapping[str, Any]]) -> list[str]:
        """Adds tasks to a job, also while it runs, and gives their ids. They may depend on tasks that the job has already.

        An ended job goes on with them. Returns when the tasks are safely in, at once if an engine takes them, else after 1.5 s.
        Raises InvalidJob, JobNotFound, NotReadable, or NotTakenIn.
        """
        return job_writer.add(self._job_path(job_name), tasks)

    def wait(self, job_name: str, timeout: float | None = None, poll: float = 0.1) -> JobStatus:
        """Waits until the job has ended, however it ended, and gives its status.

        `timeout` is in seconds, default for ever; `poll` is the pause between two looks. Raises WaitTimeout and JobNotFound.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            state = "not readable yet"
            try:
                if self._has_ended(job_name):
                    return self.get_job_status(job_name)
                state = self._state(job_name)["state"]
            except NotReadable:
                pass  # Half-written: the next look tells.
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitTimeout(f"job {job_name!r} has not ended within {timeout:g} s: {state}; is a manager running?")
            time.sleep(poll)

    def get_job_status(self, job_name: str) -> JobStatus:
        """The state of a job and how many of its tasks are where. Raises JobNotFound and NotReadable."""
        state = self._state(job_name)["state"]
        try:
            statuses = [task.get("status") for task in self.tasks(job_name)]
        except NotReadable:
            # A job that failed since its tasks can't be read has none to count.
            if state not in _FINAL_STATES:
                raise
            statuses = []
        return {
            "job_name": job_name,
            "state": state,
            "total_tasks": len(statuses),
            "completed": statuses.count("completed"),
            "failed": statuses.count("failed"),
            "pending": statuses.count("pending"),
        }

    def tasks(self, job_name: str) -> list[dict[str, Any]]:
        """The tasks as they stand in tasks.json. Raises JobNotFound and NotReadable."""
        return json_files.read_objects(self._job_path(job_name) / "tasks.json")

    def log(self, job_name: str, task_id: str) -> str:
        """What the last attempt of a task printed; empty if nothing. Raises JobNotFound and NotReadable."""
        for task in self.tasks(job_name):
            if task.get("id") == task_id:
                return self._read_log(job_name, task.get("log"))
        raise JobNotFound(f"job {job_name!r} has no task {task_id!r}")

    def jobs(self) -> list[str]:
        """The names of all jobs, sorted."""
        try:
            return sorted(entry.name for entry in self.jobs_path.iterdir() if entry.is_dir() and not entry.name.startswith("."))
        except FileNotFoundError:
            return []

    def _job_path(self, job_name: str) -> Path:
        path = self.jobs_path / check_job_name(job_name)
        if not path.is_dir():
            raise JobNotFound(f"there is no job {job_name!r} in {self.jobs_path}")
        return path

    def _state(self, job_name: str) -> dict[str, Any]:
        path = self._job_path(job_name) / "state.json"
        state = json_files.read_object(path)
        if not isinstance(state.get("state"), str):
            raise NotReadable(f"{path}: it has no `state`")
        return state

    def _has_ended(self, job_name: str) -> bool:
        """A final state counts once no task is open: tasks that were just added to an ended job are about to reopen it."""
        state = self._state(job_name)
        if state["state"] not in _FINAL_STATES:
            return False
        if state.get("error"):
            return True
        return not any(task.get("status") in _OPEN_STATUSES for task in self.tasks(job_name))

    def _read_log(self, job_name: str, log: object) -> str:
        if not isinstance(log, str):
            return ""
        logs = (self._job_path(job_name) / "logs").resolve()
        path = (logs.parent / log).resolve()
        if logs not in path.parents:
            raise InvalidJob(f"job {job_name!r}: the log {log!r} is not in {logs}")
        try:
            # With the ends of lines as they are.
            with open(path, encoding="utf-8", errors="replace", newline="") as file:
                return file.read()
        except FileNotFoundError:
            return ""


def get_job_status(job_name: str, base_path: str | os.PathLike[str] = ".air-executor") -> JobStatus:
    """As `AirExecutorClient(base_path).get_job_status(job_name)`."""
    return AirExecutorClient(base_path).get_job_status(job_name)
