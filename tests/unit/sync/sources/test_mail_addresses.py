"""The quick way of checking an address says what the careful one says."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from sync.normalise.mail import normalised


def carefully(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


def quickly(address: str) -> str | None:
    try:
        return normalised(address)
    except EmailNotValidError:
        return None


LOCAL = st.text("aZ9._+-'é\" @", min_size=0, max_size=12) | st.sampled_from(
    ["POSTMASTER", "info", "a" * 64, "a" * 65]
)
DOMAIN = st.text("aZ9.-_é[]", min_size=0, max_size=10) | st.sampled_from(
    ["Gmail.COM", "etu.univ-demo.fr", "xn--caf-dma.fr", "café.fr", "test", "localhost", "a.test", "[127.0.0.1]", "-a.fr",
     "a" * 64 + ".fr", ".".join(["a" * 60] * 4), "1.2.3.4", "a..fr", "example.local"]
)  # fmt: skip


@given(LOCAL, DOMAIN)
@example("a", ".".join(["a" * 61] * 4))
@example("x" * 64, ".".join(["a" * 60] * 3))
def test_as_the_library_says(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    assert quickly(address) == carefully(address)


@pytest.mark.parametrize("address", ["", "a", "a@", "@a.fr", "a@b@c.fr", "a@b.fr\nBcc: x@y.fr", "a@b.fr "])
def test_what_is_no_address(address: str) -> None:
    assert quickly(address) == carefully(address)
