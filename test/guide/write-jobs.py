"""Writes jobs with the guide's own client, word for word. Called by written-again.test.ts: `write-jobs.py BLOCK.py JOBS.json`, with the jobs as
[directory, name, tasks], one after the other and as quickly as they come."""

import json
import sys
from pathlib import Path

session = {"__name__": "__main__"}
exec(compile(Path(sys.argv[1]).read_text(encoding="utf-8"), "docs/PYTHON_USAGE.md", "exec"), session)
for directory, name, tasks in json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")):
    session["AirExecutorClient"](directory).create_job(name, tasks)
