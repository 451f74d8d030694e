"""Every dashboard, by the name of its file."""

from collections.abc import Callable
from typing import Any

from grafana_dashboards.service_levels import service_levels

DASHBOARDS: dict[str, Callable[[], dict[str, Any]]] = {
    "service-levels": service_levels,
}
