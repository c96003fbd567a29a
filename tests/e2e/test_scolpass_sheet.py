"""The SCOL'PASS on paper: one page a person, all of it there, and a code that leads to the activation."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import segno

from required_actions.scolpass.printing import Credentials, valid_until
from required_actions.scolpass.sheet import Sheets, qr_code
from tests.e2e.visitor import Visitor
from tests.support.stack import Stack

PASSWORD = "Tournevis-Marteau-Chariot-482"
LONG = "Marie-Élisabeth Charlotte de Montmorency-Laval d'Albret-Castelnau"


def write(stack: Stack, folder: Path, names: list[str]) -> str:
    """Sheets of people with these names; the address of the file."""
    sheets, until = Sheets(stack.services), valid_until(14, stack.clock(), "Europe/Paris")
    pages = []
    for name in names:
        person = stack.person()
        person.first_name, person.last_name = name, ""
        pages.append(sheets.page(Credentials(person, PASSWORD, until)))
    file = folder / "scolpass.html"
    file.write_text(sheets.head() + "".join(pages) + sheets.foot())
    return file.as_uri()


@pytest.mark.parametrize("university", ["um", "stack"])
def test_one_page_a_person(
    university: str,
    request: pytest.FixtureRequest,
    visit: Callable[..., Visitor],
    tmp_path: Path,
) -> None:
    stack: Stack = request.getfixturevalue(university)
    address = write(stack, tmp_path, ["Camille", LONG, "Zoé"])
    visitor = visit(viewport=(1280, 900))
    visitor.page.goto(address)
    visitor.inspect(f"scolpass-{university}")

    visitor.page.emulate_media(media="print")
    paper = visitor.page.pdf(path=tmp_path / "scolpass.pdf", prefer_css_page_size=True)
    assert re.findall(rb"/Count (\d+)", paper) == [b"3"]
    sizes = set(re.findall(rb"/MediaBox \[([^\]]+)\]", paper))
    assert {tuple(round(float(side)) for side in size.split()) for size in sizes} == {(0, 0, 595, 842)}
    text = visitor.page.locator("article").first.inner_text()
    for said in (
        "Votre identifiant",
        "Votre mot de passe provisoire",
        PASSWORD,
        "valable jusqu'au",
        "23 h 59",
        "Aller sur la page d'activation",
        "Etape 1 :",
        "In English:",
    ):
        assert said in text.replace("\u00a0", " ")


def test_the_code_is_the_address_and_nothing_else() -> None:
    """Read back from the drawing: each run of the path is a row of dark squares."""
    address = "https://ent.univ-demo.fr/connexion"
    svg = str(qr_code(address))
    drawn = re.search(r' d="([^"]+)"', svg)
    assert drawn
    dark: set[tuple[int, int]] = set()
    x, y = 0.0, 0.0
    for command, values in re.findall(r"([Mmh])([-\d. ]+)", drawn[1]):
        numbers = [float(number) for number in values.split()]
        if command == "h":
            dark |= {(int(x) + step, int(y)) for step in range(int(numbers[0]))}
            x += numbers[0]
        else:
            x, y = (numbers[0], numbers[1]) if command == "M" else (x + numbers[0], y + numbers[1])
    matrix = segno.make_qr(address, error="m").matrix
    assert dark == {(c + 4, r + 4) for r, row in enumerate(matrix) for c, bit in enumerate(row) if bit & 1}
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
