"""Links from a table's cell to the dashboard that tells more."""

LEVELS = "uptime-ledger-service-levels"
SERVICE = "uptime-ledger-service"
AGREEMENTS = "uptime-ledger-agreements"
OUTAGES = "uptime-ledger-outages"
EXECUTIVE = "uptime-ledger-executive"
PROBES = "uptime-ledger-probes"
HOSTS = "uptime-ledger-server-health"
HOST = "uptime-ledger-host"
ALERTS = "uptime-ledger-alerts"
CHANGES = "uptime-ledger-changes"
ITSELF = "uptime-ledger-itself"


def to(uid: str, variable: str) -> str:
    """Open a dashboard with the cell's text as a variable; data source and time range go along."""
    return (
        f"/d/{uid}?var-{variable}=${{__value.text:percentencode}}"
        "&${datasource:queryparam}&${__url_time_range}"
    )


def to_panel(uid: str, column: str, *variables: str) -> str:
    """Open one panel, whose number is in another column of the row, with the page's variables."""
    kept = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", *variables))
    return f'/d/{uid}?viewPanel=${{__data.fields["{column}"]}}{kept}&${{__url_time_range}}'
