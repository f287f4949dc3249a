"""The client and its files, without an engine. Where another writer is needed, the test is that writer."""

import os
import stat
import unittest
from typing import Callable
from unittest import mock

from job_files import Files

from air_executor import InvalidJob, JobNotFound, NotReadable, WaitTimeout, get_job_status

STATE_KEYS = ["id", "name", "state", "created_at", "updated_at"]
TASK_KEYS = ["id", "job_name", "command", "args", "dependencies", "status", "created_at", "started_at", "completed_at", "error"]


class CreateJob(Files):
    def test_writes_the_keys_of_the_guide_in_their_order(self) -> None:
        job_id = self.client.create_job(
            "job", [{"command": "echo", "args": ["hi"]}, {"command": "true", "dependencies": ["task-1"]}]
        )
        state = self.state()
        self.assertRegex(job_id, r"^job-\d+$")
        self.assertEqual((list(state), state["id"], state["name"], state["state"]), (STATE_KEYS, job_id, "job", "waiting"))
        tasks = self.client.tasks("job")
        self.assertEqual([list(task) for task in tasks], [TASK_KEYS, TASK_KEYS])
        self.assertEqual([task["id"] for task in tasks], ["task-1", "task-2"])
        self.assertRegex(state["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_writes_one_task_a_line(self) -> None:
        self.client.create_job("job", [{"command": "a"}, {"command": "b"}, {"command": "c"}])
        lines = (self.job / "tasks.json").read_text().splitlines()
        self.assertEqual([len(lines), lines[0], lines[-1]], [5, "[", "]"])

    def test_lets_nobody_else_read_and_leaves_no_temporary_files(self) -> None:
        previous = os.umask(0o002)
        self.addCleanup(os.umask, previous)
        self.client.create_job("job", [{"command": "x"}])
        mode = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [self.base, *self.base.rglob("*")]}
        private = {".air-executor": 0o700, "jobs": 0o700, "job": 0o700, "logs": 0o700, "state.json": 0o600, "tasks.json": 0o600}
        self.assertEqual(mode, private)

    def test_jobs_made_in_one_second_differ_in_id_and_creation(self) -> None:
        with mock.patch("air_executor.job_writer.time.time", return_value=1_700_000_000.9):
            ids, created = [], []
            for _ in range(3):
                ids.append(self.client.create_job("job", []))
                created.append(self.state()["created_at"])
        self.assertEqual(ids, ["job-1700000000", "job-1700000000-2", "job-1700000000-3"])
        self.assertEqual(len(set(created)), 3)

    def test_a_new_run_never_stands_beside_the_tasks_of_the_earlier_one(self) -> None:
        self.client.create_job("job", [{"id": "old", "command": "x"}])
        old_id = self.state()["id"]
        seen = []
        replace = os.replace

        def watched(source: str, target: str) -> None:
            tasks = (self.job / "tasks.json").read_text() if (self.job / "tasks.json").exists() else None
            seen.append((self.state()["id"] == old_id, tasks and "old" in tasks))
            replace(source, target)

        with mock.patch("os.replace", watched):
            self.client.create_job("job", [{"id": "new", "command": "x"}])
        self.assertEqual(seen, [(True, None), (False, None)])

    def test_a_disk_that_refuses_leaves_the_earlier_job_as_it_was(self) -> None:
        self.client.create_job("job", [{"id": "old", "command": "x"}])
        before = {path: path.read_bytes() for path in self.job.iterdir() if path.is_file()}
        calls = []

        def refuse_second(_descriptor: int) -> None:
            calls.append(1)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")

        with mock.patch("os.fsync", refuse_second), self.assertRaisesRegex(OSError, "No space"):
            self.client.create_job("job", [])
        self.assertEqual({path: path.read_bytes() for path in self.job.iterdir() if path.is_file()}, before)


class Reading(Files):
    def test_the_status_has_the_keys_of_the_guide(self) -> None:
        self.client.create_job("job", [{"command": "x"}, {"command": "x"}, {"command": "x"}])
        statuses = iter(["completed", "failed", "skipped"])
        self.engine_writes("failed", lambda tasks: [{**task, "status": next(statuses)} for task in tasks])
        expected = {"job_name": "job", "state": "failed", "total_tasks": 3, "completed": 1, "failed": 1, "pending": 0}
        self.assertEqual(self.client.get_job_status("job"), expected)
        self.assertEqual(get_job_status("job", self.base), expected)

    def test_a_half_written_file_is_read_once_it_is_whole(self) -> None:
        self.client.create_job("job", [{"command": "x"}])
        path = self.job / "tasks.json"
        whole = path.read_text()
        path.write_text(whole[: len(whole) // 2])
        with mock.patch("air_executor.json_files.time.sleep", lambda _seconds: path.write_text(whole)):
            self.assertEqual(self.client.get_job_status("job")["total_tasks"], 1)

    def test_what_stays_broken_is_named(self) -> None:
        self.client.create_job("job", [{"command": "x"}])
        with mock.patch("air_executor.json_files.PATIENCE", 0):
            for text, reason in [("[1, 2", "not JSON"), ("{}", "expected an array"), ("[1]", "expected an array of objects")]:
                (self.job / "tasks.json").write_text(text)
                with self.subTest(text=text), self.assertRaisesRegex(NotReadable, rf"tasks\.json: {reason}"):
                    self.client.tasks("job")
            (self.job / "tasks.json").unlink()
            with self.assertRaisesRegex(NotReadable, "the file is missing"):
                self.client.tasks("job")

    def test_jobs_and_tasks_that_do_not_exist_are_named(self) -> None:
        self.assertEqual(self.client.jobs(), [])
        calls: list[Callable[[str], object]] = [
            self.client.get_job_status,
            self.client.tasks,
            self.client.wait,
            lambda name: self.client.add(name, []),
        ]
        for call in calls:
            with self.assertRaisesRegex(JobNotFound, "no job 'job'"):
                call("job")
        self.client.create_job("job", [])
        with self.assertRaisesRegex(JobNotFound, "no task 'a'"):
            self.client.log("job", "a")
        self.assertEqual(self.client.jobs(), ["job"])

    def test_a_log_is_found_through_its_key_and_never_outside_of_logs(self) -> None:
        self.client.create_job("job", [{"id": "A", "command": "x"}])
        self.assertEqual(self.client.log("job", "A"), "")
        (self.job / "logs" / "+a.log").write_bytes(b"out\xff\r\n1%\r2%\n")
        self.engine_writes("working", lambda tasks: [{**task, "log": "logs/+a.log"} for task in tasks])
        self.assertEqual(self.client.log("job", "A"), "out\N{REPLACEMENT CHARACTER}\r\n1%\r2%\n")
        self.engine_writes("working", lambda tasks: [{**task, "log": "../../../secret"} for task in tasks])
        with self.assertRaisesRegex(InvalidJob, "is not in"):
            self.client.log("job", "A")


class Wait(Files):
    def test_returns_at_every_final_state(self) -> None:
        self.client.create_job("job", [{"command": "x"}])
        for state in ["completed", "failed", "cancelled"]:
            self.engine_writes(state, self.with_status(state))
            self.assertEqual(self.client.wait("job", timeout=0)["state"], state)

    def test_looks_again_until_the_job_has_ended(self) -> None:
        self.client.create_job("job", [{"command": "x"}])
        pauses = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            self.engine_writes("working" if len(pauses) < 3 else "completed", self.with_status("completed"))

        with mock.patch("air_executor.client.time.sleep", pause):
            self.assertEqual(self.client.wait("job", poll=0.25)["state"], "completed")
        self.assertEqual(pauses, [0.25, 0.25, 0.25])

    def test_raises_when_the_time_is_up_and_says_where_the_job_stands(self) -> None:
        self.client.create_job("job", [{"command": "x"}])
        with self.assertRaisesRegex(WaitTimeout, "not ended within 0 s: waiting; is a manager running"):
            self.client.wait("job", timeout=0)

    def test_an_ended_job_with_tasks_just_added_has_not_ended(self) -> None:
        self.client.create_job("job", [{"command": "x"}])
        self.engine_writes("completed", lambda tasks: [{**tasks[0], "status": "completed"}, {**tasks[0], "id": "more"}])
        with self.assertRaises(WaitTimeout):
            self.client.wait("job", timeout=0)

    def test_a_job_that_was_refused_has_ended_even_if_its_tasks_are_unreadable(self) -> None:
        self.client.create_job("job", [{"command": "x"}])
        self.engine_writes("failed", self.with_status("pending"), error="tasks.json: line 1: not JSON")
        (self.job / "tasks.json").write_text("[")
        with mock.patch("air_executor.json_files.PATIENCE", 0):
            self.assertEqual(self.client.wait("job", timeout=0)["total_tasks"], 0)


if __name__ == "__main__":
    unittest.main()
