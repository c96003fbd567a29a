"""A password is what was typed: from our page to Keycloak's own login nothing is stripped, cut or rewritten."""

from __future__ import annotations

import pytest

from tests.support.activation import FINISHED, choose, logs_in, to_password
from tests.support.stack import Stack
from tests.support.walker import Walker

BODY = "violette trottinette bocal "
LONGEST = BODY + "".join(chr(0x21 + (7 * n) % 94) for n in range(128 - len(BODY)))

CASES = {
    "blanks at both ends": (f"  {BODY} ", [BODY.strip(), f"  {BODY.strip()}"]),
    "longest": (LONGEST, [LONGEST[:-1], LONGEST[:72]]),  # bcrypt's limit, of another time
    "other alphabets": (
        "Ёлка-🦄-ςοφία-ﬁnal-ŒUVRE",
        ["Ёлка-🦄-ςοφία-final-ŒUVRE", "ёлка-🦄-ςοφία-ﬁnal-œuvre", "Ёлка--ςοφία-ﬁnal-ŒUVRE"],
    ),
    "markup and quotes": ("<b>&amp;'\"%(num)d{{7*7}}\\n lampe", ["<b>&'\"%(num)d{{7*7}}\\n lampe"]),
}


@pytest.mark.parametrize("case", CASES)
def test_kept_whole(stack: Stack, case: str) -> None:
    chosen, others = CASES[case]
    person, walker = stack.person(), Walker()
    page = choose(walker, to_password(walker, stack.mail_link(person)), chosen)
    assert page.title == FINISHED, page
    assert logs_in(stack, person, chosen)
    assert [logs_in(stack, person, other) for other in others] == [False] * len(others)


def test_one_character_too_many_is_refused_and_never_cut(stack: Stack) -> None:
    walker = Walker()
    page = choose(walker, to_password(walker, stack.mail_link(stack.person())), LONGEST + "x")
    assert page.status == 422
    assert "au plus 128 caractères" in page.text
    assert choose(walker, page, LONGEST).title == FINISHED
