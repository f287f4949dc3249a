"""Adding tasks next to an engine that writes at the same time: the tests are that engine."""

import json
import os
import threading
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from job_files import Files

from air_executor import InvalidJob, NotTakenIn, json_files


class Add(Files):
    def setUp(self) -> None:
        super().setUp()
        self.client.create_job("job", [{"id": "first", "command": "x"}])
        settle = mock.patch("air_executor.job_writer.ADD_SETTLE", 0.2)
        settle.start()
        self.addCleanup(settle.stop)

    def ids(self) -> list[str]:
        return [task["id"] for task in self.client.tasks("job")]

    def test_appends_with_defaults_and_keeps_what_it_does_not_know(self) -> None:
        self.engine_writes("working", lambda tasks: [{**tasks[0], "status": "running", "something": [1]}])
        added = self.client.add(
            "job", [{"command": "y", "dependencies": ["first"]}, {"id": "z", "command": "z", "dependencies": ["task-2"]}]
        )
        self.assertEqual((added, self.ids()), (["task-2", "z"], ["first", "task-2", "z"]))
        self.assertEqual((self.client.tasks("job")[0]["status"], self.client.tasks("job")[0]["something"]), ("running", [1]))

    def test_refuses_what_does_not_fit_and_writes_nothing(self) -> None:
        before = (self.job / "tasks.json").read_bytes()
        bad: list[Any] = [
            ("two tasks of this id", {"id": "first", "command": "x"}),
            ("no task", {"command": "x", "dependencies": ["?"]}),
        ]
        for pattern, task in bad:
            with self.assertRaisesRegex(InvalidJob, pattern):
                self.client.add("job", [task])
        self.assertEqual((self.job / "tasks.json").read_bytes(), before)

    def test_begins_again_when_the_engine_wrote_in_between(self) -> None:
        written = json_files.Replacement.__init__
        rounds = []

        def interfere(replacement: json_files.Replacement, path: Path, text: str) -> None:
            written(replacement, path, text)
            rounds.append(1)
            if len(rounds) == 1:
                newer = Path(f"{path}.newer")
                newer.write_text(json.dumps([{**task, "status": "completed"} for task in json.loads(path.read_text())]))
                os.replace(newer, path)

        with mock.patch.object(json_files.Replacement, "__init__", interfere):
            self.client.add("job", [{"id": "more", "command": "x"}])
        self.assertEqual((self.ids(), self.client.tasks("job")[0]["status"]), (["first", "more"], "completed"))
        self.assertEqual(sorted(path.name for path in self.job.iterdir()), ["logs", "state.json", "tasks.json"])

    def test_adds_again_when_a_snapshot_overwrote_the_tasks(self) -> None:
        self.overwrite_after_commits(1)
        self.assertEqual(self.client.add("job", [{"command": "x"}]), ["task-2"])
        self.assertEqual(self.ids(), ["first", "task-2"])

    def test_says_so_when_only_some_of_the_tasks_are_taken_in(self) -> None:
        commit = json_files.Replacement.commit

        def drop_last(replacement: json_files.Replacement) -> None:
            commit(replacement)
            tasks = self.client.tasks("job")
            (self.job / "newer").write_text(json.dumps(tasks[:-1]))
            os.replace(self.job / "newer", self.job / "tasks.json")

        with mock.patch.object(json_files.Replacement, "commit", drop_last), self.assertRaisesRegex(NotTakenIn, "only 1 of 2"):
            self.client.add("job", [{"command": "x"}, {"command": "x"}])

    def test_says_so_when_the_tasks_are_never_taken_in(self) -> None:
        self.overwrite_after_commits(100)
        with self.assertRaisesRegex(NotTakenIn, "air-executor status job"):
            self.client.add("job", [{"command": "x"}])

    def overwrite_after_commits(self, times: int) -> None:
        """An engine that did not see the added tasks and replaces the file with what it knows."""
        stale = (self.job / "tasks.json").read_text()
        commit = json_files.Replacement.commit
        left = [times]

        def overwritten(replacement: json_files.Replacement) -> None:
            commit(replacement)
            if left[0] > 0:
                left[0] -= 1
                newer = self.job / "newer"
                newer.write_text(stale)
                os.replace(newer, self.job / "tasks.json")

        patch = mock.patch.object(json_files.Replacement, "commit", overwritten)
        patch.start()
        self.addCleanup(patch.stop)

    def test_many_writers_lose_nothing(self) -> None:
        def add(number: int) -> None:
            for index in range(3):
                self.client.add("job", [{"id": f"w{number}-{index}", "command": "x"}])

        threads = [threading.Thread(target=add, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(set(self.ids()), {"first", *(f"w{number}-{index}" for number in range(3) for index in range(3))})


if __name__ == "__main__":
    unittest.main()
