"""Structured logs on standard error, as logfmt or JSON, in the manner of the Prometheus family."""

import logging
import sys
from typing import Literal

import structlog

LEVELS = ("debug", "info", "warn", "error")
FORMATS = ("logfmt", "json")

_CHATTY = ("apscheduler", "alembic", "asyncio")

Level = Literal["debug", "info", "warn", "error"]
Format = Literal["logfmt", "json"]


def configure_logs(level: Level, style: Format) -> None:
    """Send structlog's and the standard library's records to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.EventRenamer("msg"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _renderer(style),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel({"warn": "WARNING"}.get(level, level.upper()))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It tells of every retry; what comes of them is told by who asked.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _renderer(style: Format) -> structlog.typing.Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(sort_keys=True)
    return structlog.processors.LogfmtRenderer(
        key_order=["ts", "level", "logger", "msg"], drop_missing=True, bool_as_flag=False
    )
