"""The client against the real manager: the build of this repository, started in a directory of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from air_executor import AirExecutorClient

CLI = Path(__file__).resolve().parents[3] / "dist" / "src" / "cli" / "main.js"
NODE = shutil.which("node")
SOURCE = Path(__file__).resolve().parents[1] / "src"
LIMIT = 30.0


@unittest.skipUnless(NODE and CLI.exists(), f"no manager to test against: {CLI} is missing (npm run build) or node is")
class WithManager(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.cwd = Path(directory.name)
        self.client = AirExecutorClient(self.cwd / ".air-executor")
        # What this very process may have got from an engine must not reach the manager under test.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AIR_EXECUTOR_")}
        environment["PYTHONPATH"] = str(SOURCE)
        self.manager = subprocess.Popen(
            [str(NODE), str(CLI), "start", "--foreground"], cwd=self.cwd, env=environment, stdout=subprocess.DEVNULL
        )
        self.addCleanup(self.stop)

    def stop(self) -> None:
        self.manager.terminate()
        try:
            self.manager.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.manager.kill()
            self.manager.wait(LIMIT)
            raise

    def test_a_job_runs_to_its_end_and_its_logs_can_be_read(self) -> None:
        self.client.create_job(
            "hello", [{"id": "Say", "command": "echo", "args": ["hällo"]}, {"command": "true", "dependencies": ["Say"]}]
        )
        status = self.client.wait("hello", timeout=LIMIT)
        self.assertEqual((status["state"], status["completed"]), ("completed", 2))
        self.assertEqual(self.client.log("hello", "Say"), "hällo\n")

    def test_a_failure_is_a_status_and_dependents_are_skipped(self) -> None:
        self.client.create_job("bad", [{"id": "a", "command": "false"}, {"id": "b", "command": "true", "dependencies": ["a"]}])
        self.assertEqual(self.client.wait("bad", timeout=LIMIT)["state"], "failed")
        self.assertEqual([task["status"] for task in self.client.tasks("bad")], ["failed", "skipped"])

    def test_tasks_added_to_a_running_job_are_run(self) -> None:
        gate = self.cwd / "gate"
        script = "for i in $(seq 3000); do test -e gate && exit 0; sleep 0.01; done; exit 1"
        self.client.create_job("growing", [{"id": "hold", "command": "sh", "args": ["-c", script]}])
        ids = [self.client.add("growing", [{"command": "echo", "args": [str(i)], "dependencies": ["hold"]}])[0] for i in range(5)]
        gate.touch()
        self.assertEqual(self.client.wait("growing", timeout=LIMIT)["completed"], 6)
        self.assertEqual([self.client.log("growing", task) for task in ids], [f"{i}\n" for i in range(5)])

    def test_tasks_added_to_an_ended_job_reopen_it(self) -> None:
        self.client.create_job("again", [{"command": "true"}])
        self.client.wait("again", timeout=LIMIT)
        self.client.add("again", [{"id": "more", "command": "echo", "args": ["more"]}])
        self.assertEqual(self.client.wait("again", timeout=LIMIT)["completed"], 2)
        self.assertEqual(self.client.log("again", "more"), "more\n")

    def test_a_task_adds_tasks_to_its_own_job(self) -> None:
        add = "client.add(os.environ['AIR_EXECUTOR_JOB'], [{'id': 'child', 'command': 'echo', 'args': ['born']}])"
        code = f"import os, air_executor; client = air_executor.AirExecutorClient(os.environ['AIR_EXECUTOR_DIR']); {add}"
        self.client.create_job("parent", [{"id": "grow", "command": sys.executable, "args": ["-c", code]}])
        status = self.client.wait("parent", timeout=LIMIT)
        self.assertEqual((status["state"], status["completed"]), ("completed", 2), self.client.log("parent", "grow"))
        self.assertEqual(self.client.log("parent", "child"), "born\n")

    def test_a_job_written_again_while_it_runs_is_a_new_run(self) -> None:
        self.client.create_job("twice", [{"id": "old", "command": "sleep", "args": ["60"]}])
        second = self.client.create_job("twice", [{"id": "new", "command": "echo", "args": ["new"]}])
        self.assertEqual(self.client.wait("twice", timeout=LIMIT)["state"], "completed")
        self.assertEqual([task["id"] for task in self.client.tasks("twice")], ["new"])
        self.assertTrue(second.startswith("twice-"))


if __name__ == "__main__":
    unittest.main()
