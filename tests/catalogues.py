"""Catalogues for tests, made from plain data."""

from typing import Any

from service_catalogue import Catalogue

PROBES = [{"type": "http", "url": "http://127.0.0.1:1"}]


def catalogue(
    *services: dict[str, Any] | str, url: str = "http://127.0.0.1:1", **extra: Any
) -> Catalogue:
    """Return a catalogue in UTC; a bare name is a probed service."""
    prometheus = {"url": url, "scrape_interval": "15s"} | extra.pop("prometheus", {})
    return Catalogue.model_validate(
        {
            "organization": "Example",
            "timezone": "UTC",
            "prometheus": prometheus,
            "services": [_service(s) for s in services],
        }
        | extra
    )


def _service(given: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(given, str):
        return {"id": given, "name": given, "probes": PROBES}
    sources = {"probes", "sli", "components"} & given.keys()
    return {"name": given["id"]} | ({} if sources else {"probes": PROBES}) | given
