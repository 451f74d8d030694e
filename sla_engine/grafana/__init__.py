"""Grafana's annotations, by its HTTP API; imported by the app alone."""

from sla_engine.grafana.annotation import Annotation, Plan, plan, wanted
from sla_engine.grafana.client import Client, GrafanaError

__all__ = ["Annotation", "Client", "GrafanaError", "Plan", "plan", "wanted"]
