"""What can go wrong, as sentences. A task that fails is no error: it is a status."""


class AirExecutorError(Exception):
    """The base of all errors of this package."""


class InvalidJob(AirExecutorError, ValueError):
    """A job name or a task breaks the rules. Nothing was written."""


class JobNotFound(AirExecutorError, LookupError):
    """There is no job, or no task, of that name."""


class NotReadable(AirExecutorError):
    """A file of the job is missing, half-written or not what it should be, and stayed so for a second."""


class NotTakenIn(AirExecutorError):
    """Added tasks did not stay in the job: the engine refused them, or others kept writing."""


class WaitTimeout(AirExecutorError, TimeoutError):
    """The job had not ended when the time was up. It goes on."""
