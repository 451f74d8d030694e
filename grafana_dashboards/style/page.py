"""A dashboard: its frame, and sections made of lines of panels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from grafana_dashboards.style.annotation import Annotation, annotations
from grafana_dashboards.style.variable import templating
from grafana_dashboards.style.width import settled

TAG = "uptime-ledger"
FULL = 24


class Panel(Protocol):
    """What every panel builder can do."""

    def build(self) -> model.Panel:
        """Return the panel."""
        ...


@dataclass(frozen=True)
class Line:
    """Panels side by side, all of one height; the widths sum to 24."""

    height: int
    panels: Sequence[Panel]
    widths: Sequence[int]


@dataclass(frozen=True)
class Section:
    """Lines under one head; a folded section asks nothing until it is opened."""

    title: str
    lines: Sequence[Line]
    folded: bool = False


def line(height: int, *panels: Panel, widths: Sequence[int] = ()) -> Line:
    """Put panels side by side, equally wide when no widths are given."""
    widths = widths or [FULL // len(panels)] * len(panels)
    if len(widths) != len(panels) or sum(widths) != FULL:
        raise ValueError(f"{len(panels)} panels, widths {list(widths)}: they must sum to {FULL}")
    return Line(height, panels, widths)


def section(title: str, *lines: Line, folded: bool = False) -> Section:
    """Put lines under one head."""
    return Section(title, lines, folded)


def page(
    uid: str,
    title: str,
    description: str,
    *sections: Section,
    variables: Sequence[Builder[model.VariableModel]],
    notes: Sequence[Annotation] = (),
    time: str = "now-24h",
    refresh: str = "1m",
) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it; ``time`` is where its range starts at first."""
    frame = build.Dashboard(title).uid(uid).description(description).tags([TAG]).readonly()
    frame.time(time, "now").refresh(refresh).timezone("browser")
    frame.tooltip(model.DashboardCursorSync.CROSSHAIR).link(_siblings())
    built = frame.build()
    built.panels = [*_placed(sections)]
    written: dict[str, Any] = built.to_json()
    return written | {"annotations": annotations(notes), "templating": templating(variables)}


def _siblings() -> build.DashboardLink:
    """Link to every dashboard of ours; variables and time range go along."""
    link = build.DashboardLink("Pages").type(model.DashboardLinkType.DASHBOARDS)
    return link.tags([TAG]).as_dropdown(True).include_vars(True).keep_time(True)


def _placed(sections: Sequence[Section]) -> Iterator[model.Panel | model.RowPanel]:
    """Lay the sections out from top to bottom and number the panels."""
    y, number = 0, 0
    for s in sections:
        number += 1
        head = model.RowPanel(title=s.title, collapsed=s.folded, id_val=number)
        head.grid_pos = model.GridPos(h=1, w=FULL, x=0, y=y)
        panels = [*_section(s, y + 1, number)]
        number += len(panels)
        y += 1 + (0 if s.folded else sum(each.height for each in s.lines))
        if s.folded:
            head.panels = panels
        yield head
        if not s.folded:
            yield from panels


def _section(s: Section, y: int, number: int) -> Iterator[model.Panel]:
    for each in s.lines:
        x = 0
        for builder, width in zip(each.panels, each.widths, strict=True):
            number += 1
            panel = builder.build()
            panel.id_val, panel.repeat_direction = panel.id_val or number, None
            panel.grid_pos = model.GridPos(h=each.height, w=width, x=x, y=y)
            yield settled(panel, width)
            x += width
        y += each.height
