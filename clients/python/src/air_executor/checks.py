"""What a job may look like, checked before anything is written. The engine checks again, and the options' values too."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .errors import InvalidJob

_JOB_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_MAX_ID_BYTES = 200

#: What the caller decides beside id, command, args and dependencies: passed on as it is.
_OPTIONS = (
    *("env", "cwd", "stdin", "timeout", "retries", "retry_delay", "retry_backoff", "retry_on"),
    *("trigger_rule", "priority", "resources", "on_lost"),
)
#: What the engine decides. Left out, so that a task that was read can be given again: so does the guide with failed tasks.
_RECORD = (
    *("job_name", "status", "created_at", "started_at", "completed_at", "error"),
    *("exit_code", "signal", "attempts", "log", "usage", "ran_on", "left_behind", "matrix_of"),
)
_KNOWN = ("id", "command", "args", "dependencies", *_OPTIONS, *_RECORD)


def check_job_name(name: object) -> str:
    """Gives the name back, or raises InvalidJob."""
    if not isinstance(name, str) or not _JOB_NAME.fullmatch(name):
        raise InvalidJob(
            f"job name {name!r}: expected 1 to 100 characters out of letters, digits, '_', '-' and '.', the first of them no '.'"
        )
    return name


def new_tasks(
    job_name: str, tasks: Sequence[Mapping[str, Any]], existing: Collection[str], created_at: str
) -> list[dict[str, Any]]:
    """Makes the objects for tasks.json, with every default filled in.

    `existing` are the ids that the job has already; the new tasks may depend on them. Raises InvalidJob, which names the task.
    """
    if isinstance(tasks, (str, bytes, Mapping)):
        raise InvalidJob(f"tasks: expected a list of tasks, got {type(tasks).__name__}")
    objects: list[dict[str, Any]] = []
    ids = set(existing)
    for number, task in enumerate(tasks, len(existing) + 1):
        made = _new_task(job_name, task, f"task-{number}", created_at)
        if made["id"] in ids:
            raise InvalidJob(f"task {made['id']!r}: there are two tasks of this id in the job; ids must be unique")
        ids.add(made["id"])
        objects.append(made)
    _check_dependencies(objects, ids)
    return objects


def _new_task(job_name: str, task: Mapping[str, Any], default_id: str, created_at: str) -> dict[str, Any]:
    if not isinstance(task, Mapping):
        raise InvalidJob(f"{default_id}: expected a task like {{'command': 'echo'}}, got {task!r}")
    task_id = _text(task.get("id", default_id), f"{default_id}: id")
    if not task_id or "\n" in task_id or len(task_id.encode()) > _MAX_ID_BYTES:
        raise InvalidJob(f"{default_id}: id {task_id!r}: expected 1 to {_MAX_ID_BYTES} bytes without a newline")
    where = f"task {task_id!r}"
    for key in task:
        if key not in _KNOWN and not (isinstance(key, str) and key.startswith("_")):
            raise InvalidJob(f"{where}: unknown key {key!r}{_suggestion(key)}")
    if not _text(task.get("command"), f"{where}: command"):
        raise InvalidJob(f"{where}: command: expected the name of a program, got ''")
    made = {
        "id": task_id,
        "job_name": job_name,
        "command": task["command"],
        "args": _texts(task.get("args", []), f"{where}: args"),
        "dependencies": _texts(task.get("dependencies", []), f"{where}: dependencies"),
        **{key: value for key, value in task.items() if key in _OPTIONS or key.startswith("_")},
        "status": "pending",
        "created_at": created_at,
        "started_at": None,
        "completed_at": None,
        "error": None,
    }
    try:
        json.dumps(made, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidJob(f"{where}: {error}") from None
    return made


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidJob(f"{where}: expected a string, got {value!r}")
    if "\0" in value:
        raise InvalidJob(f"{where}: {value!r} contains a NUL character, which no program can be given")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidJob(f"{where}: {value!r} is not valid Unicode") from None
    return value


def _texts(value: object, where: str) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise InvalidJob(f"{where}: expected a list of strings, got {value!r}")
    return [_text(item, f"{where}[{index}]") for index, item in enumerate(value)]


def _check_dependencies(objects: Sequence[Mapping[str, Any]], ids: Collection[str]) -> None:
    for made in objects:
        for dependency in made["dependencies"]:
            if dependency not in ids:
                raise InvalidJob(f"task {made['id']!r}: it depends on {dependency!r}, which is no task of the job")
    try:
        TopologicalSorter({made["id"]: made["dependencies"] for made in objects}).prepare()
    except CycleError as error:
        raise InvalidJob("the tasks wait for each other: " + " → ".join(reversed(error.args[1]))) from None


def _suggestion(key: object) -> str:
    """Near misses by spelling; names that other tools use for the same thing by their beginning."""
    word = str(key)
    near = difflib.get_close_matches(word, _KNOWN, n=1) or [known for known in _KNOWN if known[:4] == word[:4]][:1]
    return f": did you mean {near[0]!r}?" if near else "; keys that begin with '_' are comments"
