"""Drops jobs for Air-Executor from Python and follows them. The files of the job directory are the only thing it touches."""

from .client import AirExecutorClient, get_job_status
from .errors import AirExecutorError, InvalidJob, JobNotFound, NotReadable, NotTakenIn, WaitTimeout
from .model import JobStatus, Task

__all__ = [
    "AirExecutorClient",
    "AirExecutorError",
    "InvalidJob",
    "JobNotFound",
    "JobStatus",
    "NotReadable",
    "NotTakenIn",
    "Task",
    "WaitTimeout",
    "get_job_status",
]
