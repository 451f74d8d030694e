"""A scheduled report about October 2026 in Berlin."""

from datetime import datetime
from zoneinfo import ZoneInfo

from service_catalogue import Catalogue
from tests.catalogues import catalogue

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = 60_000
HOUR = 60 * MINUTE


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


def book(**fields: object) -> Catalogue:
    entry = {"id": "seniors", "period": "monthly", "cron": "0 9 1 * *", "channel": "#seniors"}
    return catalogue(
        {"id": "shop", "objective": 99.9, "owner": "a"},
        {"id": "mail", "objective": 99.9, "owner": "b"},
        timezone="Europe/Berlin",
        reports=[entry | fields],
    )
