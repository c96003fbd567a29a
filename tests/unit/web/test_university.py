"""The university's colours as the pages get them."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Flask

from kc_bridge.domain.colour import dark_accents, light_accents
from kc_bridge.services import EXTENSION
from tests.support.bridge import services_of
from tests.support.visitor import Visitor


def stylesheet_address(app: Flask) -> str:
    found = re.search(
        r'href="(/static/university\.css\?v=\w+)"', Visitor(app).get("/").get_data(as_text=True)
    )
    assert found
    return found[1]


def paint(app: Flask, primary: str) -> None:
    services = services_of(app)
    branding = services.profile.branding.model_copy(update={"primary": primary})
    profile = services.profile.model_copy(update={"branding": branding})
    app.extensions[EXTENSION] = replace(services, profile=profile)


def test_every_accent_is_there_for_light_and_for_dark(app: Flask) -> None:
    paint(app, "#e2001a")
    answer = Visitor(app).get(stylesheet_address(app))
    assert answer.mimetype == "text/css"
    light, dark = answer.get_data(as_text=True).split("@media (prefers-color-scheme: dark)")
    assert dict(re.findall(r"--kcb-([a-z-]+): (#\w+);", light)) == light_accents("#e2001a")
    assert dict(re.findall(r"--kcb-([a-z-]+): (#\w+);", dark)) == dark_accents("#e2001a")


def test_another_colour_has_another_address_so_no_cache_shows_the_old_one(app: Flask) -> None:
    before = stylesheet_address(app)
    assert stylesheet_address(app) == before
    paint(app, "#e2001a")
    assert stylesheet_address(app) != before


def test_it_comes_after_the_tokens_it_replaces(app: Flask) -> None:
    sheets = re.findall(r'rel="stylesheet" href="([^"?]+)', Visitor(app).get("/").get_data(as_text=True))
    assert sheets.index("/static/theme/css/tokens.css") < sheets.index("/static/university.css")
