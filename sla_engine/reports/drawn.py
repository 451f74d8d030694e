"""Lines of text drawn into a PDF that WeasyPrint set, on the sheets that were left blank in it.

WeasyPrint takes a millisecond over each line and tells a callback of what it made
(``write_pdf(finisher=...)``). The fonts are those that it embedded for the sheets that it set
itself: all letters of the others stand there as well.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import pydyf

from sla_engine.reports.sheets import GROUND, LEADING, Sheet

_INK = "#1b1f24"
_FAMILY = b"DejaVu-Sans-Mono"
_BASELINE = 1.046  # from the top of a line, of the font's size: half the leading and the ascent
_POINTS = 0.75  # of a pixel
_SPACES = {0xA0: " ", 0x202F: " "}  # those that nothing is broken at are no glyphs of their own
_GLYPH = re.compile(r"<([0-9a-f]{4})> <([0-9a-f]{4})>")


class UnknownFontError(Exception):
    """The PDF has not the font, or a letter of it, that the sheets are to be drawn with."""


def draw(sheets: Sequence[Sheet], document: Any, pdf: Any) -> None:
    """Draw sheets where the elements are that hold their place.

    ``document`` is WeasyPrint's, and ``pdf`` the `pydyf.PDF` that was made of it.

    Raises:
        UnknownFontError: nothing was drawn, and nobody may see this PDF.
    """
    fonts = _fonts(pdf) if sheets else None
    structure = _Structure(pdf) if sheets else None
    for number, page in enumerate(document.pages):
        places = [(int(name[6:]), at) for name, at in page.anchors.items() if name[:6] == "sheet-"]
        if places and fonts and structure:
            size = page.height * _POINTS, page.width * _POINTS
            canvas = _Canvas(pdf, number, *size, fonts=fonts, structure=structure)
            for index, place in sorted(places):
                canvas.add(sheets[index], place[0] * _POINTS, place[1] * _POINTS)
            canvas.close()


class _Font(NamedTuple):
    """A font of the PDF: its name there, and the glyph of each letter, as digits."""

    name: str
    glyphs: dict[int, str]

    def shown(self, text: str) -> str:
        """Return what shows a text.

        Raises:
            UnknownFontError: a letter has no glyph.
        """
        if missing := {*map(ord, text)} - self.glyphs.keys():
            raise UnknownFontError(f"{self.name} has no {chr(min(missing))!r}")
        return f"<{text.translate(self.glyphs)}> Tj"


class _Fonts(NamedTuple):
    bold: _Font
    regular: _Font


def _fonts(pdf: Any) -> _Fonts:
    resources = _object(pdf, pdf.objects[pdf.pages["Kids"][0]]["Resources"])
    found: dict[bytes, _Font] = {}
    for name, reference in _object(pdf, resources["Font"]).items():
        font = _object(pdf, reference)
        family = font["BaseFont"].partition(b"+")[2]
        lines = (line.decode() for line in _object(pdf, font["ToUnicode"]).stream)
        glyphs = {int(m[2], 16): m[1] for line in lines for m in _GLYPH.finditer(line)}
        found[family] = _Font(name, glyphs | {i: glyphs[ord(c)] for i, c in _SPACES.items()})
    try:
        return _Fonts(found[_FAMILY + b"-Bold"], found[_FAMILY])
    except KeyError as error:
        raise UnknownFontError(f"no {error}") from error


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


class _Canvas:
    """A page that sheets are drawn on."""

    def __init__(
        self,
        pdf: Any,
        number: int,
        height: float,
        width: float,
        *,
        fonts: _Fonts,
        structure: "_Structure",
    ) -> None:
        self._pdf, self._height, self._width, self._fonts = pdf, height, width, fonts
        kid = pdf.pages["Kids"][number * 3]
        self._page, self._reference = pdf.objects[kid], f"{kid} 0 R".encode()
        self._marks, self._structure = structure.marks(number), structure
        self._drawn: list[str] = []

    def add(self, sheet: Sheet, left: float, top: float) -> None:
        """Draw a sheet whose corner is at ``left`` and ``top``, pt from those of the page."""
        tall = sheet.size * LEADING
        self._drawn += _stripes(sheet, left, self._height - top, self._width - 2 * left, tall)
        base = self._height - top - sheet.size * _BASELINE
        self._drawn += ["BT", _colour(_INK), f"{tall:.3f} TL", f"1 0 0 1 {left:.3f} {base:.3f} Tm"]
        element = self._structure.element(self._reference)
        for font, lines in (
            (self._fonts.bold, sheet.head),
            (self._fonts.regular, [line.text for line in sheet.lines]),
        ):
            self._drawn.append(f"/{font.name} {sheet.size:.2f} Tf")
            for line in lines:
                mark = len(self._marks)
                self._marks.append(element.reference)
                element["K"].append(mark)
                self._drawn.append(f"/Span <</MCID {mark}>> BDC {font.shown(line)} EMC T*")
        self._drawn.append("ET")

    def close(self) -> None:
        """Lay what was drawn upon what the page has."""
        below, above = pydyf.Stream(["q"]), pydyf.Stream(["Q", *self._drawn], compress=True)
        self._pdf.add_object(below)
        self._pdf.add_object(above)
        contents = [below.reference, self._page["Contents"], above.reference]
        self._page["Contents"] = pydyf.Array(contents)


class _Structure:
    """What the PDF tells screen readers of its pages."""

    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        root = _object(pdf, pdf.catalog["StructTreeRoot"])
        self._numbers = _object(pdf, root["ParentTree"])["Nums"]
        self._whole = _object(pdf, root["K"][0])
        self._pages = [_object(pdf, kid).get("Pg") for kid in self._whole["K"]]
        """The page of each element."""

    def marks(self, page: int) -> Any:
        """Return what stands for the marks of a page, in their order."""
        return self._numbers[page * 2 + 1]

    def element(self, page: bytes) -> Any:
        """Return a new element, after the last one of a page."""
        element = pydyf.Dictionary(
            {"Type": "/StructElem", "S": "/P", "K": pydyf.Array(), "Pg": page}
            | {"P": self._whole.reference}
        )
        self._pdf.add_object(element)
        after = max(i for i, one in enumerate(self._pages) if one == page) + 1
        self._whole["K"].insert(after, element.reference)
        self._pages.insert(after, page)
        return element


def _stripes(sheet: Sheet, left: float, top: float, wide: float, tall: float) -> Iterator[str]:
    """Yield what draws the ground of the striped rows; no reader is told of it."""
    yield f"/Artifact BMC {_colour(GROUND)}"
    at = top - len(sheet.head) * tall
    for striped, some in groupby(sheet.lines, lambda line: line.striped):
        high = sum(1 for _ in some) * tall
        at -= high
        if striped:
            yield f"{left:.3f} {at:.3f} {wide:.3f} {high:.3f} re f"
    yield "EMC"


def _colour(code: str) -> str:
    """Return what chooses a colour such as ``#1b1f24``."""
    parts = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return " ".join(f"{part:.4f}" for part in parts) + " rg"
