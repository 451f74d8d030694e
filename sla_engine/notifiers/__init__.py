"""Where notices go: the contract, and notifiers that need nothing of Slack's."""

from sla_engine.notifiers.apprise import APPRISE, AppriseNotifier, apprise_notifier
from sla_engine.notifiers.console import Console
from sla_engine.notifiers.contract import (
    Delivered,
    Failed,
    File,
    Found,
    Missing,
    Notifier,
    Outcome,
    Retry,
)

__all__ = [
    "APPRISE",
    "AppriseNotifier",
    "Console",
    "Delivered",
    "Failed",
    "File",
    "Found",
    "Missing",
    "Notifier",
    "Outcome",
    "Retry",
    "apprise_notifier",
]
