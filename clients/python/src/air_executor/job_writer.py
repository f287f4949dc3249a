"""Writing jobs: how a new run and added tasks get in, next to an engine that writes there too. Used by the client."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import json_files
from .checks import new_tasks
from .errors import NotTakenIn

#: How often `add` tries, and for how many seconds it then looks whether its tasks stay (an engine writes at least once a second).
ADD_ATTEMPTS = 5
ADD_SETTLE = 1.5


def create(job_path: Path, tasks: Sequence[Mapping[str, Any]]) -> str:
    """Writes a new run of the job and gives its id. `job_path` is `…/.air-executor/jobs/NAME`; its name has been checked."""
    created_at = _now()
    objects = new_tasks(job_path.name, tasks, (), created_at)
    for directory in (job_path.parent, job_path, job_path / "logs"):
        _make_private(directory)
    with _one_writer(job_path):
        job_id = _next_id(job_path)
        state = {"id": job_id, "name": job_path.name, "state": "waiting", "created_at": created_at, "updated_at": created_at}
        _replace_both(job_path, state, objects)
    return job_id


def add(job_path: Path, tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Appends tasks to the job that is there and gives their ids once they are safely in."""
    path = job_path / "tasks.json"
    hint = f"`air-executor status {job_path.name}` may say why"
    added: list[dict[str, Any]] = []
    for _ in range(ADD_ATTEMPTS):
        with _one_writer(job_path):
            seen = json_files.identity(path)
            existing = json_files.read_objects(path)
            present = _count_present(existing, added)
            if added and present == len(added):
                break
            if present > 0:
                raise NotTakenIn(f"job {job_path.name!r} took only {present} of {len(added)} tasks in; {hint}")
            added = new_tasks(job_path.name, tasks, [str(task.get("id")) for task in existing], _now())
            replacement = json_files.Replacement(path, json_files.objects_text(existing + added))
            if json_files.identity(path) != seen:
                replacement.discard()  # The engine wrote in between: what we read is out of date.
                continue
            replacement.commit()
        if _stays(path, replacement.identity, added):
            break
    else:
        raise NotTakenIn(f"job {job_path.name!r} did not take the tasks in; {hint}")
    return [task["id"] for task in added]


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _make_private(directory: Path) -> None:
    """Like `mkdir -p`, with 0700 for what is made from `.air-executor` on down."""
    directory.parent.parent.mkdir(parents=True, exist_ok=True)
    directory.parent.mkdir(mode=0o700, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)


def _replace_both(job_path: Path, state: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    tasks_file = json_files.Replacement(job_path / "tasks.json", json_files.objects_text(tasks))
    try:
        state_file = json_files.Replacement(job_path / "state.json", json_files.object_text(state))
    except BaseException:
        tasks_file.discard()
        raise
    # The earlier tasks go first: nobody can take them for the new run's, nor the new tasks for additions to the old run.
    with suppress(FileNotFoundError):
        (job_path / "tasks.json").unlink()
    state_file.commit()
    tasks_file.commit()


def _next_id(job_path: Path) -> str:
    """An id that no earlier run of the job has: within one second they are numbered."""
    first = f"{job_path.name}-{int(time.time())}"
    try:
        text = (job_path / "state.json").read_text(encoding="utf-8")
        match = re.fullmatch(re.escape(first) + r"(?:-(\d+))?", str(json.loads(text).get("id")))
    except (OSError, ValueError, AttributeError):
        match = None  # No earlier run, or one that says nothing of itself.
    return first if match is None else f"{first}-{int(match[1] or 1) + 1}"


@contextmanager
def _one_writer(job_path: Path) -> Iterator[None]:
    """Keeps clients of this package apart while they write (the engine has its own lock). It dies with its owner."""
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


def _stays(path: Path, ours: json_files.Identity | None, added: Sequence[Mapping[str, Any]]) -> bool:
    """True if the next who writes the file keeps the tasks, or if nobody writes it within the settle time."""
    deadline = time.monotonic() + ADD_SETTLE
    while time.monotonic() < deadline:
        if json_files.identity(path) != ours:
            return _count_present(json_files.read_objects(path), added) == len(added)
        time.sleep(json_files.PAUSE)
    return True
