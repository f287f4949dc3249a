"""Executes the guide's Python blocks as a reader would paste them into one session, then watches the jobs with the guide's own function.

Called by python-usage.test.ts: `session.py BLOCKS.json`, with the blocks as {"line", "code"}. Prints what it saw as JSON.
"""

import json
import sys
import time
from pathlib import Path

LIMIT_SECONDS = 120
FINAL_STATES = ("completed", "failed", "cancelled")

# `failed_tasks` is the one name that the guide uses and leaves to its reader.
session = {"__name__": "__main__", "failed_tasks": []}
polls = 0


def execute(block):
    """A traceback names the line of the guide."""
    exec(compile("\n" * (block["line"] - 1) + block["code"], "docs/PYTHON_USAGE.md", "exec"), session)


def watch(names):
    """Polls without a pause: a torn or missing file raises, and so does a count that can't be."""
    global polls
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        statuses = {name: session["get_job_status"](name) for name in names}
        polls += 1
        for status in statuses.values():
            assert status["completed"] + status["failed"] + status["pending"] <= status["total_tasks"], status
        if all(status["state"] in FINAL_STATES for status in statuses.values()):
            return statuses
        assert time.monotonic() < deadline, f"not ended within {LIMIT_SECONDS} s: {statuses}"
        time.sleep(0.002)


blocks = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
for block in blocks:
    execute(block)
created = sorted(path.name for path in Path(".air-executor/jobs").iterdir())
first = watch(created)

# The retry of the last block happens only if `my-job` has failed: write it again so that it does, repair what was missing, run the block.
session["client"].create_job("my-job", [{"command": "test", "args": ["-e", "repaired"]}, {"command": "true"}])
failure = watch(["my-job"])["my-job"]
tasks = json.loads(Path(".air-executor/jobs/my-job/tasks.json").read_text(encoding="utf-8"))
session["failed_tasks"] = [task for task in tasks if task["status"] == "failed"]
Path("repaired").touch()
execute(blocks[-1])
retry = watch(["my-job-retry"])["my-job-retry"]

Path("session.json").write_text(json.dumps({"first": first, "failure": failure, "retry": retry, "polls": polls}))
