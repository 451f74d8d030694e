"""What to type after a command refused; none is told what it says itself."""

import argparse
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from uptime_common.document import DocumentError
from uptime_common.flags import USUAL_CONFIG

START = (
    "sla-engine: to begin, write one of what your Prometheus has: "
    "sla-engine discover --prometheus.url=URL --output={}"
)
"""What is said where there is no catalogue yet."""
_LISTS = {
    "there is no outage": "sla-engine outages list",
    "there is no window": "sla-engine maintenance list",
    "there is no request": "sla-engine maintenance list",
}
_PARTLY = "derived but for "
"""How a job begins to tell what Prometheus kept it from."""
_PAGES = {"graph", "query", "targets", "alerts", "rules", "metrics", "status", "api", "v1"}
"""What people copy behind the address of a Prometheus."""
_FAR = {"PrometheusError", "LedgerError", "SQLAlchemyError", "AlertmanagerError"}
"""By name: their modules take long to load, and no command need wait for them."""


def after_mistakes(error: DocumentError, options: argparse.Namespace, *, begins: bool) -> str:
    """Return the line after a document's mistakes; ``begins``: there is nothing in it yet."""
    config = getattr(options, "config_file", None)
    if begins:
        return START.format(config)
    file = error.problems[0].file if error.problems else str(config)
    then = f"sla-engine check --config.file={file}" if file == str(config) else "the same again"
    return f"sla-engine: next: mend {file}, then {then}"


def after_failure(error: Exception, command: str, options: argparse.Namespace) -> str:
    """Return what ends the line of a job that failed, empty where its message says what to do."""
    step = _step(error, command, options)
    return f"; next: {step}" if step else ""


def _step(error: Exception, command: str, options: argparse.Namespace) -> str:
    text = str(error)
    for cause in _causes(error):
        if "MissingExtraError" in _names(cause):
            return _install(cause)
    if "sla-engine " in text or "--" in text or isinstance(error.__cause__, OSError):
        return ""
    for begin, listing in _LISTS.items():
        if text.startswith(begin):
            return listing
    far = text.startswith(_PARTLY) or any(_FAR & _names(cause) for cause in _causes(error))
    if far and command != "doctor":
        return _look(command, options)
    return ""  # what failed is no mistake in the flags: their list leads nowhere


def _install(missing: BaseException) -> str:
    """Return what brings an extra: its package, or the system's libraries that this needs."""
    if isinstance(missing.__cause__, OSError):
        return "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    package = str(missing).partition("(")[2].partition(")")[0].lower()
    if find_spec("pip") is None:
        return f"uv pip install --python {sys.executable} {package}"
    return f"{sys.executable} -m pip install {package}"


def _look(command: str, options: argparse.Namespace) -> str:
    given = getattr(options, "prometheus_url", None)
    if given and (command == "discover" or getattr(options, "discover", False)):
        url = str(given).rstrip("/")
        server, _, page = url.rpartition("/")
        return f"--prometheus.url={server}" if page in _PAGES else f"curl {url}/-/ready"
    config = getattr(options, "config_file", USUAL_CONFIG)
    return "sla-engine doctor" + ("" if config == USUAL_CONFIG else f" --config.file={config}")


def _names(error: BaseException) -> set[str]:
    return {one.__name__ for one in type(error).__mro__}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
