"""What the programs of a run are given: catalogue, files of Prometheus and Alertmanager, rules."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.rules_world import generated, sloth, specification
from benchmarks.situations.night import PROBES, Night

RULES: Final = Path(__file__).parents[2] / "alert_rules"
FILES: Final = ("slo", "services", "targets", "inhibitors", "watchers", "hosts")
Json = dict[str, Any]


def names() -> list[str]:
    """Return the names of our rule files that a run loads."""
    return [f"{name}.rules.yml" for name in FILES]


def catalogue(found: list[Night], begin: float, prometheus: str, folder: Path, run: float) -> Json:
    """Return the catalogue at a minute of the run, without what was taken from it."""
    (folder / "pager").write_text(f"{_hook(folder)}/engine/pager", encoding="utf-8")
    free = (datetime.fromtimestamp(begin, UTC) + timedelta(days=3)).strftime("%a").lower()
    return {
        "organization": "Nights",
        "timezone": "UTC",
        "prometheus": {"url": prometheus, "scrape_interval": "15s"},
        "calendars": {"elsewhen": {"weekly": [{"days": free, "hours": ["09:00-10:00"]}]}},
        "services": [
            _service(night, name)
            for night in found
            if run < night.at + night.given.get("removed", 1e9)
            for name in night.services
        ],
        "maintenance": [_window(n, begin) for n in found if "window" in n.given],
        "notifications": {
            "routes": [{"to": "webhook:pager", "kinds": ["outage", "maintenance"]}],
            "webhooks": {"pager": {"url_file": str(folder / "pager")}},
        },
    }


def _service(night: Night, name: str) -> Json:
    given: Json = dict(night.given.get("service", {}))
    if name in given or any(isinstance(v, dict) and k in night.services for k, v in given.items()):
        given = dict(given.get(name, {}))
    owner = night.given.get("owner", name)
    book: Json = {
        "id": name,
        "name": f"{name}-service",
        "owner": name[0] if owner == "letter" else owner,
        "objective": 99.9,
        "since": (datetime.now(UTC) - timedelta(days=60)).strftime("%Y-%m-%d"),
        **given,
    }
    if "rate" in night.given:
        all_ = f'requests_total{{app="{name}"}}'
        bad = f'requests_total{{app="{name}",code="500"}}'
        book["sli"] = {"errors": bad, "total": all_}
    elif "promql" in night.given:
        book["sli"] = {"promql": f'probe_success{{target="{name}"}}'}
    elif name == night.given.get("composite"):
        book |= {"components": [n for n in night.services if n != name], "need": 1}
    else:
        book["probes"] = [{"type": "tcp", "target": "127.0.0.1:1"}]
    return book


def _window(night: Night, begin: float) -> Json:
    start, end = (
        datetime.fromtimestamp(begin + 60 * (night.at + minute), UTC).strftime("%Y-%m-%dT%H:%M:%S")
        for minute in night.given["window"]
    )
    return {
        "id": f"w-{night.services[0]}",
        "title": f"Work on {night.services[0]}-service",
        "services": night.services,
        "start": start,
        "end": end,
        "requester": "ann",
        "approver": "bob",
    }


def prometheus(found: list[Night], target: str, engine: str, receivers: list[str]) -> Json:
    """Return prometheus.yml, with the intervals of the shipped one."""
    mine = {"probes": PROBES} | {
        name: (night.targets[0].rstrip("0123456789"), f"{name}:9100")
        for night in found
        for name in night.targets
    }
    scraped = [
        {
            "job_name": job,
            "static_configs": [
                {
                    "targets": [target],
                    "labels": {"__metrics_path__": f"/metrics/{name}", "instance": instance},
                }
                for name, (of, instance) in mine.items()
                if of == job
            ],
        }
        for job in dict.fromkeys(job for job, _ in mine.values())
    ]
    engines = {"job_name": "sla-engine", "static_configs": [{"targets": [engine]}]}
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": ["*.rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": receivers}]}]},
        "scrape_configs": [*scraped, engines],
    }


def our_alertmanager(folder: Path) -> Json:
    """Return the shipped configuration; each of its Slack channels is told to a webhook, too."""
    config: Json = yaml.safe_load((RULES / "alertmanager.yml").read_text("utf-8"))
    (folder / "slack").write_text(f"{_hook(folder)}/slack", encoding="utf-8")
    config["global"]["slack_api_url_file"] = str(folder / "slack")
    config["templates"] = [str(RULES / "templates" / "*.tmpl")]
    sloths = {"receiver": "nobody", "matchers": ['sloth_severity != ""']}
    config["route"]["routes"].insert(0, sloths)
    for receiver in config["receivers"]:
        if "slack_configs" in receiver:
            url = f"{_hook(folder)}/ours/{receiver['name']}"
            receiver["webhook_configs"] = [{"url": url, "send_resolved": True}]
    return config


def their_alertmanager(folder: Path) -> Json:
    """Return plain routing of Sloth's alerts: by severity, grouped by service, with our waits."""
    routes = [
        {
            "receiver": severity,
            "matchers": [f"sloth_severity = {severity}"],
            "group_wait": wait,
            "repeat_interval": "4h",
        }
        for severity, wait in (("page", "10s"), ("ticket", "30s"))
    ]
    return {
        "route": {"receiver": "nobody", "group_by": ["sloth_service"], "routes": routes},
        "receivers": [
            {"name": "nobody"},
            *(
                {"name": name, "webhook_configs": [{"url": f"{_hook(folder)}/sloth/{name}"}]}
                for name in ("page", "ticket")
            ),
        ],
    }


def _hook(folder: Path) -> str:
    return (folder / "hook").read_text(encoding="utf-8")


def sloths(found: list[Night], program: str | None, folder: Path) -> str:
    """Return the rules that Sloth generates for every service, by itself or else by its layout."""
    ratios = dict(_ratios(found))
    if program is None:
        return sloth(list(ratios), lambda name, window: ratios[name].format(window=window))[
            "sloth.rules.yml"
        ]
    specs = [
        specification(name, _objective(found, name), _raw(ratio.format(window="{{.window}}")))
        for name, ratio in ratios.items()
    ]
    return generated(program, specs, folder)


def _raw(ratio: str) -> Json:
    return {"raw": {"error_ratio_query": ratio}}


def _objective(found: list[Night], name: str) -> float:
    night = next(night for night in found if name in night.services)
    return float(_service(night, name)["objective"])


def _ratios(found: list[Night]) -> Iterator[tuple[str, str]]:
    """Yield each service and its ratio of errors, with a place for the window."""
    for night in found:
        for name in night.services:
            if name == night.given.get("composite"):
                continue
            if "rate" in night.given:
                rates = (
                    f'sum(rate(requests_total{{{{app="{name}"{more}}}}}[{{window}}]))'
                    for more in (',code="500"', "")
                )
                yield name, " / ".join(rates)
                continue
            metric = "probe_success{{target=" if "promql" in night.given else "service_up{{service="
            yield name, f'1 - avg(avg_over_time({metric}"{name}"}}}}[{{window}}]))'
