"""Where lines of a mail may break: never before a French sign, in text and not in markup."""

from __future__ import annotations

import pytest

from kc_bridge.texts import kept_together


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>coupés : ENT</p>", "<p>coupés\u00a0: ENT</p>"),
        (
            "<p>Vous restez ? « Oui » ; non !</p>",
            "<p>Vous restez\u00a0? «\u00a0Oui\u00a0»\u00a0; non\u00a0!</p>",
        ),
        ('<p style="color : red !important">a</p>', '<p style="color : red !important">a</p>'),
        ("<p>access ends: mail; wifi?</p>", "<p>access ends: mail; wifi?</p>"),
        ("<p>a <strong>b</strong> : c</p>", "<p>a <strong>b</strong>\u00a0: c</p>"),
    ],
)
def test_signs_stay_with_their_word(html: str, kept: str) -> None:
    assert kept_together(html) == kept
