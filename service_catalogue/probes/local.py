"""What the probes of the exporter's own host ask and expect."""

import shlex
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from service_catalogue.base import PositiveMilliseconds, Text, unit
from service_catalogue.probes.base import AnyProbe, Regex

Count = Annotated[int, Field(ge=0, json_schema_extra=unit("processes"))]


def _words(value: Any) -> Any:
    return shlex.split(value) if isinstance(value, str) else value


class CommandProbe(AnyProbe):
    """A Nagios plug-in: 0 is good, 2 bad, 3 unknown; 1 is good unless ``warning`` says ``down``."""

    type: Literal["command"]
    """A Nagios plug-in."""
    command: Annotated[
        tuple[Text, ...],
        BeforeValidator(_words, json_schema_input_type=str | list[str]),
        Field(min_length=1),
    ]
    """A program and its arguments; no shell reads it."""
    warning: Literal["up", "down"] = "up"
    """What exit code 1 means."""

    @property
    def target(self) -> str:
        """Return the program's name; arguments may hold secrets."""
        return Path(self.command[0]).name


class FileProbe(AnyProbe):
    """The newest file that a pattern names: there, young enough, large enough (bytes)."""

    type: Literal["file"]
    """A file."""
    path: Text
    """Its path, or a pattern of which the newest file counts."""
    max_age: PositiveMilliseconds | None = None
    """How old it may be."""
    min_size: Annotated[int, Field(ge=0, json_schema_extra=unit("bytes"))] = 0
    """How large it must be."""

    @property
    def target(self) -> str:
        """Return the path."""
        return self.path


class SystemdProbe(AnyProbe):
    """A systemd unit in one of the states expected."""

    type: Literal["systemd"]
    """A systemd unit."""
    unit: Annotated[str, Field(pattern=r"^[^\s/-][^\s/]*$")]
    """Its name."""
    expect: tuple[Literal["active", "reloading", "inactive", "activating"], ...] = (
        "active",
        "reloading",
    )
    """States that are good."""

    @property
    def target(self) -> str:
        """Return the unit."""
        return self.unit


class ProcessProbe(AnyProbe):
    """Processes of a name (in whole) or command line (in part), by regular expression."""

    type: Literal["process"]
    """Processes."""
    executable: Regex | None = None
    """Expression that a process's name matches in whole; either this or ``command_line``."""
    command_line: Regex | None = None
    """Expression that its command line matches in part."""
    min: Count = 1
    """How many there must be."""
    max: Count | None = None
    """How many there may be."""

    @property
    def target(self) -> str:
        """Return the expression."""
        return self.executable or self.command_line or ""

    @model_validator(mode="after")
    def _one_expression(self) -> Self:
        if (self.executable is None) == (self.command_line is None):
            raise ValueError("give either executable or command_line")
        if self.max is not None and self.max < self.min:
            raise ValueError("max is less than min")
        return self
