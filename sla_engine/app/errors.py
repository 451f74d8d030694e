"""How a command ends when it cannot do its work; each is told in one line."""


class UsageError(Exception):
    """What was asked for makes no sense; exit code 2."""


class JobError(Exception):
    """The job could not be done; exit code 1."""
