"""Where notices go: contract, addresses, notifiers; imported by slack, notices and app."""

from sla_engine.notifiers.address import Address, canonical, parse_address
from sla_engine.notifiers.apprise import AppriseNotifier, apprise_notifier
from sla_engine.notifiers.console import Console
from sla_engine.notifiers.contract import (
    Capabilities,
    Delivered,
    Edited,
    Failed,
    File,
    Found,
    Gone,
    Missing,
    Notifier,
    Outcome,
    Retry,
    Unreadable,
    plain,
)
from sla_engine.notifiers.mail import MailNotifier
from sla_engine.notifiers.webhook import WebhookNotifier, webhook_notifier

__all__ = [
    "Address",
    "AppriseNotifier",
    "Capabilities",
    "Console",
    "Delivered",
    "Edited",
    "Failed",
    "File",
    "Found",
    "Gone",
    "MailNotifier",
    "Missing",
    "Notifier",
    "Outcome",
    "Retry",
    "Unreadable",
    "WebhookNotifier",
    "apprise_notifier",
    "canonical",
    "parse_address",
    "plain",
    "webhook_notifier",
]
