"""What create_job refuses, and that it then has written nothing."""

import tempfile
import unittest
from pathlib import Path

from air_executor import AirExecutorClient, InvalidJob


class Checks(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.base = Path(directory.name) / "base"
        self.client = AirExecutorClient(self.base)

    def refused(self, pattern: str, tasks: object, name: object = "job") -> None:
        with self.assertRaisesRegex(InvalidJob, pattern):
            self.client.create_job(name, tasks)  # type: ignore[arg-type]
        self.assertFalse(self.base.exists(), "something was written")

    def test_names_that_are_not_the_name_of_a_job(self) -> None:
        for name in ["", ".", "..", "../x", "a/b", "a b", "a\n", "a\0b", ".hidden", "é", "a" * 101, None, 7]:
            with self.subTest(name=name):
                self.refused("job name", [], name)

    def test_names_that_are(self) -> None:
        for name in ["a", "A.b-c_d", "_x", "-x", "9", "a" * 100]:
            with self.subTest(name=name):
                self.client.create_job(name, [])
                self.assertTrue((self.base / "jobs" / name / "state.json").exists())

    def test_tasks_of_the_wrong_shape(self) -> None:
        for pattern, tasks in [
            ("tasks: expected a list", {"command": "true"}),
            ("tasks: expected a list", "true"),
            ("task-1: expected a task", ["true"]),
            ("task 'task-1': command: expected a string, got None", [{}]),
            ("task 'task-1': command: expected the name of a program", [{"command": ""}]),
            ("task 'a': command: expected a string, got 3", [{"id": "a", "command": 3}]),
            (r"task 'task-2': args\[1\]: expected a string, got 2", [{"command": "x"}, {"command": "x", "args": ["1", 2]}]),
            ("args: expected a list of strings, got 'one'", [{"command": "x", "args": "one"}]),
            ("NUL", [{"command": "x", "args": ["a\0b"]}]),
            ("not valid Unicode", [{"command": "x", "args": ["\udcff"]}]),
            ("dependencies: expected a list of strings, got 'a'", [{"command": "x", "dependencies": "a"}]),
            ("id: expected a string, got 1", [{"command": "x", "id": 1}]),
            ("id '': expected 1 to 200 bytes", [{"command": "x", "id": ""}]),
            ("expected 1 to 200 bytes", [{"command": "x", "id": "é" * 101}]),
            ("without a newline", [{"command": "x", "id": "a\nb"}]),
            ("two tasks of this id", [{"command": "x", "id": "a"}, {"command": "x", "id": "a"}]),
            ("two tasks of this id", [{"command": "x", "id": "task-2"}, {"command": "x"}]),
            ("unknown key 'depends_on': did you mean 'dependencies'", [{"command": "x", "depends_on": []}]),
            ("unknown key 'time_out': did you mean 'timeout'", [{"command": "x", "time_out": 1}]),
            ("unknown key 'xyzzy'; keys that begin with '_'", [{"command": "x", "xyzzy": 1}]),
            ("Out of range float", [{"command": "x", "timeout": float("inf")}]),
            ("not JSON serializable", [{"command": "x", "env": {"A": object()}}]),
        ]:
            with self.subTest(tasks=tasks):
                self.refused(pattern, tasks)

    def test_dependencies_that_can_never_be_met(self) -> None:
        self.refused("task 'a': it depends on 'b', which is no task", [{"id": "a", "command": "x", "dependencies": ["b"]}])
        self.refused("wait for each other: a → a", [{"id": "a", "command": "x", "dependencies": ["a"]}])
        two = [{"id": "a", "command": "x", "dependencies": ["b"]}, {"id": "b", "command": "x", "dependencies": ["a"]}]
        self.refused("wait for each other: (a → b → a|b → a → b)", two)

    def test_a_chain_of_20000_tasks_is_no_trouble(self) -> None:
        chain = [{"id": f"t{i}", "command": "x", "dependencies": [f"t{i - 1}"] if i else []} for i in range(20_000)]
        self.client.create_job("chain", chain)
        self.assertEqual(self.client.get_job_status("chain")["pending"], 20_000)

    def test_odd_ids_options_and_comments_are_passed_on(self) -> None:
        self.client.create_job("job", [{"id": "x/y ä", "command": "x", "retries": 3, "env": {"A": "1"}, "_why": "a comment"}])
        task = self.client.tasks("job")[0]
        self.assertEqual((task["id"], task["retries"], task["env"], task["_why"]), ("x/y ä", 3, {"A": "1"}, "a comment"))

    def test_a_task_that_was_read_back_can_be_given_again(self) -> None:
        self.client.create_job("job", [{"id": "a", "command": "x", "retries": 1}])
        ended = {
            **self.client.tasks("job")[0],
            "status": "failed",
            "exit_code": 1,
            "attempts": 2,
            "error": "no",
            "log": "logs/a.log",
        }
        self.client.create_job("job-retry", [ended])
        again = self.client.tasks("job-retry")[0]
        self.assertEqual(
            (again["status"], again["error"], again["job_name"], again["retries"]), ("pending", None, "job-retry", 1)
        )
        self.assertFalse({"exit_code", "attempts", "log"} & set(again))


if __name__ == "__main__":
    unittest.main()
