"""The client: what a program uses to drop jobs and to follow them. It talks to no process, only to the files of the job directory."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from . import json_files
from .checks import check_job_name, new_tasks
from .errors import InvalidJob, JobNotFound, NotReadable, NotTakenIn, WaitTimeout
from .model import JobStatus

_FINAL_STATES = ("completed", "failed", "cancelled")
_OPEN_STATUSES = ("pending", "running")

#: How often `add` tries, and for how many seconds it then looks whether its tasks stay (an engine writes at least once a second).
_ADD_ATTEMPTS = 5
_ADD_SETTLE = 1.5


class AirExecutorClient:
    """Drops jobs into a job directory and reads what became of them. Whether an engine runs makes no difference to it.

    `base_path` is the directory that the engine uses, default `.air-executor` in the current directory. Inside a task it is
    `os.environ["AIR_EXECUTOR_DIR"]`.
    """

    def __init__(self, base_path: Union[str, "os.PathLike[str]"] = ".air-executor") -> None:
        self.base_path = Path(base_path)
        self.jobs_path = self.base_path / "jobs"

    def create_job(self, job_name: str, tasks: Sequence[Mapping[str, Any]]) -> str:
        """Creates a job and gives its id, `NAME-<unix seconds>`, made unique.

        Each task is a dict with a `command`, and optionally `id` (default `task-1`, `task-2` …), `args`, `dependencies` and the options
        of `Task`. A job of the same name is replaced: this is a new run of it, and one that still runs is stopped.
        Raises InvalidJob, and then has written nothing.
        """
        created_at = _now()
        objects = new_tasks(check_job_name(job_name), tasks, (), created_at)
        job_path = self.jobs_path / job_name
        for directory in (self.jobs_path, job_path, job_path / "logs"):
            _make_private(directory)
        with _one_writer(job_path):
            job_id = _next_id(job_path, job_name)
            state = {"id": job_id, "name": job_name, "state": "waiting", "created_at": created_at, "updated_at": created_at}
            _replace_both(job_path, state, objects)
        return job_id

    def add(self, job_name: str, tasks: Sequence[Mapping[str, Any]]) -> List[str]:
        """Adds tasks to a job, also while it runs, and gives their ids. They may depend on tasks that the job has already.

        An ended job goes on with them. Returns when the tasks are safely in, at once if an engine takes them, else after 1.5 s.
        Raises InvalidJob, JobNotFound, NotReadable, or NotTakenIn.
        """
        path = self._job_path(job_name) / "tasks.json"
        added: List[Dict[str, Any]] = []
        for _ in range(_ADD_ATTEMPTS):
            with _one_writer(path.parent):
                seen = json_files.identity(path)
                existing = json_files.read_objects(path)
                present = _count_present(existing, added)
                if added and present == len(added):
                    break
                if present > 0:
                    raise NotTakenIn(f"job {job_name!r} took only {present} of {len(added)} tasks in{_see_status(job_name)}")
                added = new_tasks(job_name, tasks, [str(task.get("id")) for task in existing], _now())
                replacement = json_files.Replacement(path, json_files.objects_text(existing + added))
                if json_files.identity(path) != seen:
                    replacement.discard()  # The engine wrote in between: what we read is out of date.
                    continue
                replacement.commit()
            if _stays(path, replacement.identity, added):
                break
        else:
            raise NotTakenIn(f"job {job_name!r} did not take the tasks in{_see_status(job_name)}")
        return [task["id"] for task in added]

    def wait(self, job_name: str, timeout: Optional[float] = None, poll: float = 0.1) -> JobStatus:
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

    def tasks(self, job_name: str) -> List[Dict[str, Any]]:
        """The tasks as they stand in tasks.json. Raises JobNotFound and NotReadable."""
        return json_files.read_objects(self._job_path(job_name) / "tasks.json")

    def log(self, job_name: str, task_id: str) -> str:
        """What the last attempt of a task printed; empty if nothing. Raises JobNotFound and NotReadable."""
        for task in self.tasks(job_name):
            if task.get("id") == task_id:
                return self._read_log(job_name, task.get("log"))
        raise JobNotFound(f"job {job_name!r} has no task {task_id!r}")

    def jobs(self) -> List[str]:
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

    def _state(self, job_name: str) -> Dict[str, Any]:
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
            return path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""


def get_job_status(job_name: str, base_path: Union[str, "os.PathLike[str]"] = ".air-executor") -> JobStatus:
    """As `AirExecutorClient(base_path).get_job_status(job_name)`."""
    return AirExecutorClient(base_path).get_job_status(job_name)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _make_private(directory: Path) -> None:
    """Like `mkdir -p`, with 0700 for what is made from `.air-executor` on down."""
    directory.parent.parent.mkdir(parents=True, exist_ok=True)
    directory.parent.mkdir(mode=0o700, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)


def _replace_both(job_path: Path, state: Dict[str, Any], tasks: List[Dict[str, Any]]) -> None:
    tasks_file = json_files.Replacement(job_path / "tasks.json", json_files.objects_text(tasks))
    try:
        state_file = json_files.Replacement(job_path / "state.json", json_files.object_text(state))
    except BaseException:
        tasks_file.discard()
        raise
    # The tasks of an earlier run go first: nobody can take them for the new run's, nor the new tasks for additions to the old run.
    try:
        (job_path / "tasks.json").unlink()
    except FileNotFoundError:
        pass
    state_file.commit()
    tasks_file.commit()


def _next_id(job_path: Path, job_name: str) -> str:
    """An id that no earlier run of the job has: within one second they are numbered."""
    first = f"{job_name}-{int(time.time())}"
    try:
        text = (job_path / "state.json").read_text(encoding="utf-8")
        match = re.fullmatch(re.escape(first) + r"(?:-(\d+))?", str(json.loads(text).get("id")))
    except (OSError, ValueError, AttributeError):
        match = None  # No earlier run, or one that says nothing of itself.
    return first if match is None else f"{first}-{int(match[1] or 1) + 1}"


@contextmanager
def _one_writer(job_path: Path) -> Iterator[None]:
    """Keeps clients of this package apart while they write; the engine has its own lock. Held for moments, and it dies with its owner."""
    descriptor = os.open(job_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _count_present(tasks: Sequence[Mapping[str, Any]], added: Sequence[Mapping[str, Any]]) -> int:
    """How many of the added tasks are there: they and not others of the same id."""
    keys = {(task.get("id"), task.get("created_at")) for task in tasks}
    return sum((task["id"], task["created_at"]) in keys for task in added)


def _stays(path: Path, ours: Optional[json_files.Identity], added: Sequence[Mapping[str, Any]]) -> bool:
    """True if the next who writes the file keeps the tasks, or if nobody writes it within the settle time."""
    deadline = time.monotonic() + _ADD_SETTLE
    while time.monotonic() < deadline:
        if json_files.identity(path) != ours:
            return _count_present(json_files.read_objects(path), added) == len(added)
        time.sleep(json_files.PAUSE)
    return True


def _see_status(job_name: str) -> str:
    return f"; `air-executor status {job_name}` may say why"
