"""What the tests of the client share: a directory of their own, and an engine's way of writing."""

import json
import tempfile
import unittest
from pathlib import Path
from typing import Any, Callable

from air_executor import AirExecutorClient, json_files


class Files(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.base = Path(directory.name) / "deep" / ".air-executor"
        self.job = self.base / "jobs" / "job"
        self.client = AirExecutorClient(self.base)

    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.job / "state.json").read_text()))

    def engine_writes(self, state: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], **more: object) -> None:
        """What an engine does: both files replaced, atomically."""
        tasks = change(self.client.tasks("job"))
        json_files.Replacement(self.job / "tasks.json", json.dumps(tasks)).commit()
        json_files.Replacement(self.job / "state.json", json.dumps({**self.state(), "state": state, **more})).commit()

    def with_status(self, status: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
        return lambda tasks: [{**task, "status": status} for task in tasks]
