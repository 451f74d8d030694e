"""Alertmanager's silences, by its v2 API; imported by maintenance and above."""

from sla_engine.alertmanager.client import AlertmanagerError, Client
from sla_engine.alertmanager.silence import Matcher, Silence

__all__ = ["AlertmanagerError", "Client", "Matcher", "Silence"]
