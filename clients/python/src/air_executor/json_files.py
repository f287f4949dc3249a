"""Reading and writing the JSON files of a job, while an engine and others do the same.

Writing is atomic: a temporary file in the same directory, then a rename, so nobody ever reads half a file. Reading is patient:
a missing or half-written file means "not yet" (the guide's own client writes slowly and in place).
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from .errors import NotReadable

#: Seconds for which a file may be missing or half-written before that is an error, and between two looks at it.
PATIENCE = 1.0
PAUSE = 0.02

#: What tells one version of a file from another: it changes with every atomic replace.
Identity = tuple[int, int, int, int]


def read_object(path: Path) -> dict[str, Any]:
    """Reads a JSON object. Raises NotReadable."""
    value: dict[str, Any] = _read(path, dict)
    return value


def read_objects(path: Path) -> list[dict[str, Any]]:
    """Reads a JSON array of objects. Raises NotReadable."""
    value: list[dict[str, Any]] = _read(path, list)
    if not all(isinstance(item, dict) for item in value):
        raise NotReadable(f"{path}: expected an array of objects")
    return value


def _read(path: Path, shape: type) -> Any:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(value, shape):
                return value
            reason = "expected " + ("an object" if shape is dict else "an array")
        except FileNotFoundError:
            reason = "the file is missing"
        except ValueError as error:
            reason = f"not JSON: {error}"
        if time.monotonic() >= deadline:
            raise NotReadable(f"{path}: {reason}")
        time.sleep(PAUSE)


def object_text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def objects_text(values: list[dict[str, Any]]) -> str:
    """One object a line: diffs stay readable and the file stays small."""
    return "[\n" + ",\n".join(json.dumps(value, ensure_ascii=False) for value in values) + "\n]\n"


def identity(path: Path) -> Identity | None:
    """The version of the file that is there now; None if there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return (stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size)


class Replacement:
    """A file that is written, synced, and ready to take the place of `path`. Readable by nobody else (0600)."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        self._temporary = Path(name)
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.discard()
            raise
        #: That of `path` once it is in place and for as long as nobody else writes.
        self.identity = identity(self._temporary)

    def commit(self) -> None:
        os.replace(self._temporary, self._path)

    def discard(self) -> None:
        """Removes what was not committed."""
        with contextlib.suppress(FileNotFoundError):
            self._temporary.unlink()
