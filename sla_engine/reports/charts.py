"""The picture of a period for Slack: the charts of a page, made into pixels by resvg.

The extra ``charts``. Letters are drawn with the machine's fonts; where it has none there is no
picture, because a chart without words misleads.
"""

import sys
from functools import lru_cache
from importlib.util import find_spec

from markupsafe import Markup

from sla_engine.domain.report import PeriodReport
from sla_engine.reports.drawings import picture

_PIXELS = 1600
_FONTS = "DejaVu Sans, Liberation Sans, Noto Sans, Arial, Helvetica, sans-serif"
_PAPER = "#ffffff"
_INK = "#1b1f24"


def missing() -> str | None:
    """Return what has to be installed before there are pictures; None where nothing has."""
    if find_spec("resvg_py") is None:
        return f"the extra 'charts': {sys.executable} -m pip install resvg-py"
    return None if _letters() else "a font, such as Debian's fonts-dejavu-core"


def png(report: PeriodReport) -> bytes:
    """Return one picture of the whole period, 1,600 pixels wide; see `missing`."""
    return _pixels(picture(report, _INK), _PIXELS)


@lru_cache(maxsize=1)
def _letters() -> bool:
    """Say whether text leaves a trace."""
    frame = Markup('<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32">{}</svg>')
    text = frame.format(Markup('<text x="4" y="24">A</text>'))
    return _pixels(text, 32) != _pixels(frame.format(""), 32)


def _pixels(svg: Markup, width: int) -> bytes:
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - an optional extra

    return svg_to_bytes(svg_string=str(svg), width=width, background=_PAPER, style_sheet=_STYLE)


_STYLE = f"svg {{ font-family: {_FONTS} }}"
