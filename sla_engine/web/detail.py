"""The page of one thing, a service or an outage: facts, tables and links, without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sla_engine.domain.service_level import ServiceState
from sla_engine.reports.links import service_path
from uptime_common import humanize

WORDS: dict[ServiceState, str] = {
    "down": "Down",
    "maintenance": "In maintenance",
    "unknown": "Unknown",
    "up": "Up",
}
"""The states of a service, worst first, as every page names them."""


class Link(NamedTuple):
    """A text that leads somewhere."""

    label: str
    url: str


class Code(NamedTuple):
    """A text for programs, such as a query; ``url`` is where it runs, if anywhere."""

    code: str
    url: str = ""


Cell = str | Link | Code


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, or pairs where it has no ``head``.

    ``empty`` is what is said where there are no rows, ``note`` what stands under it.
    """

    title: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    empty: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """What such a page shows; ``root`` is the way up to the engine's first page.

    ``label`` says how it stands and ``summary`` the rest in a sentence; ``generated`` is when it
    was made. Without ``refresh`` it stays as it is.
    """

    organization: str
    title: str
    state: ServiceState
    label: str
    summary: str
    generated: str
    root: str
    facts: Sequence[tuple[str, Cell]]
    grids: Sequence[Grid]
    links: Sequence[Link]
    refresh: bool = True


def render_detail(page: Detail) -> str:
    """Return the page as HTML."""
    return template("detail.html").render(page=page)


@lru_cache(maxsize=8)
def template(name: str) -> Template:
    """Return a page of this folder, with the filters that pages share."""
    environment = Environment(
        loader=PackageLoader("sla_engine.web", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": humanize.percent,
        "share": humanize.share,
        "agreed": humanize.agreed,
        "service_path": service_path,
    }
    environment.globals["nothing"] = humanize.NOTHING
    return environment.get_template(name)
