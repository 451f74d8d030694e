"""Would Prometheus load a rule file?"""

import subprocess
from pathlib import Path

from sla_engine.prometheus.client import Client
from sla_engine.prometheus.error import PrometheusError, QueryError
from sla_engine.prometheus.rules import expressions

_SECONDS = 60


class RulesRejectedError(Exception):
    """Prometheus rejects the rules, or nobody could be asked; the message says which."""


class NotJudgedError(RulesRejectedError):
    """Nobody could be asked."""


def by_promtool(promtool: str, path: Path) -> None:
    """Ask promtool.

    Raises:
        RulesRejectedError: with its complaint.
    """
    command = [promtool, "check", "rules", str(path)]
    try:
        done = subprocess.run(  # noqa: S603 - its path is found by us, the file is written by us
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotJudgedError(f"promtool: {error}") from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())
        raise RulesRejectedError(said.replace(str(path), path.name))


def by_prometheus(client: Client, at: int, path: Path) -> None:
    """Ask Prometheus to evaluate every expression once, at ``at`` (ms UTC).

    Raises:
        RulesRejectedError: it rejects one, or does not answer.
    """
    for service, expression in expressions(path.read_text(encoding="utf-8")):
        try:
            client.instant(expression, at)
        except QueryError as error:
            raise RulesRejectedError(f"service {service!r}: {error}") from error
        except PrometheusError as error:
            raise NotJudgedError(f"not judged: {error}") from error


def reload(client: Client) -> bool:
    """Make Prometheus read its rules again; False where it does not allow it, or is not there.

    Raises:
        RulesRejectedError: it refuses what it read.
    """
    try:
        return client.reload()
    except QueryError as error:
        raise RulesRejectedError(str(error)) from error
    except PrometheusError:
        return False
