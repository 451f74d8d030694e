"""Every dashboard, by the name of its file."""

from collections.abc import Callable
from typing import Any

from grafana_dashboards.agreements import agreements
from grafana_dashboards.alerts import alerts
from grafana_dashboards.changes import changes
from grafana_dashboards.executive import executive
from grafana_dashboards.hosts import hosts
from grafana_dashboards.itself import itself
from grafana_dashboards.one_host import one_host
from grafana_dashboards.one_service import one_service
from grafana_dashboards.outages import outages
from grafana_dashboards.probes import probes
from grafana_dashboards.service_levels import service_levels

DASHBOARDS: dict[str, Callable[[], dict[str, Any]]] = {
    "executive": executive,
    "service-levels": service_levels,
    "one-service": one_service,
    "outages": outages,
    "agreements": agreements,
    "alerts": alerts,
    "server-health": hosts,
    "one-host": one_host,
    "probes": probes,
    "changes": changes,
    "uptime-ledger-itself": itself,
}
