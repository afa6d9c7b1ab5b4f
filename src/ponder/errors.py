"""What can go wrong, told to the person who can mend it.

    PonderError                 exit code 1: a failure of ours
    └── UserError               exit code 2: one line that says what to do
        ├── ConfigError         an unknown key, a value of the wrong type or out of range
        ├── ModelError          a model that is missing, broken or not supported
        ├── DataError           a data file that is missing or has a broken line
        ├── ContextError        a prompt or a batch that does not fit
        ├── StorageError        a file that could not be written
        └── SandboxError        no level of isolation holds here, so no program is run

`ValueError` and `assert` stay for the programmer; these are for users, and the command line
prints them without a traceback.
"""

LONGEST_REASON = 300


class PonderError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 1


class UserError(PonderError):
    """Something the user can mend; the message is one line that says how."""

    exit_code = 2


class ConfigError(UserError):
    """An option or a recipe key that does not exist or cannot hold that value."""


class ModelError(UserError):
    """A model that is missing, damaged, or of an architecture that is not supported."""


class DataError(UserError):
    """A data file that is missing, or a line in it that cannot be read."""


class ContextError(UserError):
    """A prompt longer than the model's context, or a batch larger than the cache."""


class StorageError(UserError):
    """A file that could not be written whole: a full disk, a missing permission."""


class SandboxError(UserError):
    """A level of isolation that does not work on this machine; the message says why."""


def in_a_line(error: BaseException) -> str:
    """What somebody's code raised, short and in one line whatever its message."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_REASON]
