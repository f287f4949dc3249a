#!/usr/bin/env python3
"""Air-Executor from Python: a sequential pipeline, parallel processing, Python scripts, and watching them all to their end.

    ./start-dev.sh                      (a manager in this directory)
    python3 example_python_usage.py

Jobs go to ./.air-executor, or where AIR_EXECUTOR_DIR says. Exit code 1 if a job failed, or if nothing moves: no manager runs.
Standard library only; copy from it what you need. clients/python of the project is the same as a package, with more.
"""

import argparse
import json
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

FINAL_STATES = ("completed", "failed", "cancelled")


class AirExecutorClient:
    """Drops jobs by writing two files, and reads how they are from the same two files."""

    def __init__(self, base_path: str = ".air-executor"):
        self.base_path = Path(base_path)
        self.jobs_path = self.base_path / "jobs"

    def create_job(self, job_name: str, tasks: list) -> str:
        """Create a new job with tasks; one of the same name becomes an earlier run."""
        now = datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
        job_id = f"{job_name}-{int(time.time())}"
        (self.jobs_path / job_name / "logs").mkdir(parents=True, exist_ok=True)

        state = {"id": job_id, "name": job_name, "state": "waiting", "created_at": now, "updated_at": now}
        self._write(job_name, "state.json", state)

        task_objects = []
        for i, task in enumerate(tasks, 1):
            task_objects.append(
                {
                    "id": task.get("id", f"task-{i}"),
                    "job_name": job_name,
                    "command": task["command"],
                    "args": task.get("args", []),
                    "dependencies": task.get("dependencies", []),
                    "status": "pending",
                    "created_at": now,
                    "started_at": None,
                    "completed_at": None,
                    "error": None,
                }
            )
        self._write(job_name, "tasks.json", task_objects)
        return job_id

    def get_job_status(self, job_name: str) -> dict:
        """Get current status of a job."""
        state = json.loads((self.jobs_path / job_name / "state.json").read_text(encoding="utf-8"))
        tasks = json.loads((self.jobs_path / job_name / "tasks.json").read_text(encoding="utf-8"))
        counts = {s: sum(1 for t in tasks if t["status"] == s) for s in ("completed", "failed", "pending")}
        return {"job_name": job_name, "state": state["state"], "total_tasks": len(tasks), **counts}

    def read_log(self, job_name: str, task_id: str) -> str:
        """What a task printed."""
        return (self.jobs_path / job_name / "logs" / f"{task_id}.log").read_text(encoding="utf-8")

    def _write(self, job_name: str, file_name: str, content: object) -> None:
        """A file appears whole or not at all: written under another name first."""
        path = self.jobs_path / job_name / file_name
        temporary = path.with_name(f".{file_name}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(content, indent=2), encoding="utf-8")
        os.replace(temporary, path)


def sequential_pipeline(client: AirExecutorClient) -> str:
    """Three commands, each after the one before."""
    client.create_job(
        "example-pipeline",
        [
            {"id": "extract", "command": "echo", "args": ["Extracting"]},
            {"id": "transform", "command": "echo", "args": ["Transforming"], "dependencies": ["extract"]},
            {"id": "load", "command": "echo", "args": ["Loading"], "dependencies": ["transform"]},
        ],
    )
    return "example-pipeline"


def parallel_processing(client: AirExecutorClient, shards: int = 4) -> str:
    """Shards that run side by side between a beginning and an end."""
    tasks = [{"id": "prepare", "command": "echo", "args": ["Preparing"]}]
    for i in range(shards):
        tasks.append({"id": f"shard-{i}", "command": "sleep", "args": ["0.5"], "dependencies": ["prepare"]})
    merge_after = [f"shard-{i}" for i in range(shards)]
    tasks.append({"id": "merge", "command": "echo", "args": [f"Merged {shards} shards"], "dependencies": merge_after})
    client.create_job("example-parallel", tasks)
    return "example-parallel"


def python_scripts(client: AirExecutorClient) -> str:
    """A script of your own, with arguments (here: this very file), and a few lines of Python given on the spot."""
    script = str(Path(__file__).resolve())
    client.create_job(
        "example-python",
        [
            {"id": "primes", "command": sys.executable, "args": [script, "--count-primes", "20000"]},
            {
                "id": "inline",
                "command": sys.executable,
                "args": ["-c", "print('Analysis complete!')"],
                "dependencies": ["primes"],
            },
        ],
    )
    return "example-python"


def count_primes(limit: int) -> int:
    return sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, limit))


def monitor(client: AirExecutorClient, jobs: list, patience: float) -> bool:
    """Follow the jobs until all have ended, a line for each. False if one failed, or if nothing moved for `patience` seconds."""
    ended: dict = {}
    seen, moved_at = None, time.monotonic()
    while len(ended) < len(jobs):
        statuses = {job: client.get_job_status(job) for job in jobs}
        for job, status in statuses.items():
            if status["state"] in FINAL_STATES and job not in ended:
                ended[job] = status["state"]
                print(f"Job {job}: {status['state']}, {status['completed']}/{status['total_tasks']} tasks completed", flush=True)
        if statuses != seen:
            seen, moved_at = statuses, time.monotonic()
        elif time.monotonic() - moved_at > patience:
            for job in jobs:
                if job not in ended:
                    print(f"Job {job}: {statuses[job]['state']}, nothing has happened for {patience:g} s", file=sys.stderr)
            if all(status["state"] == "waiting" for status in statuses.values()):
                print(f"No manager runs for {client.base_path}: start one with ./start-dev.sh", file=sys.stderr)
            return False
        time.sleep(0.1)
    return all(state == "completed" for state in ended.values())


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs three example jobs and follows them to their end.")
    parser.add_argument("--patience", type=float, default=15, help="seconds without any change before giving up (default: 15)")
    parser.add_argument(
        "--count-primes", type=int, metavar="N", help="only print how many primes there are below N (what a task does)"
    )
    options = parser.parse_args()
    if options.count_primes is not None:
        print(f"There are {count_primes(options.count_primes)} primes below {options.count_primes}")
        return 0

    client = AirExecutorClient(os.environ.get("AIR_EXECUTOR_DIR") or ".air-executor")
    jobs = [sequential_pipeline(client), parallel_processing(client), python_scripts(client)]
    print(f"Created {', '.join(jobs)} in {client.jobs_path}", flush=True)
    if not monitor(client, jobs, options.patience):
        return 1
    print(client.read_log("example-python", "primes"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
