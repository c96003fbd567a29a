"""Nothing is told to whom nobody vouches for, over no redirect, and nothing by the log (22)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kc_bridge.channels.settings import Webhook
from kc_bridge.channels.webhooks import tell
from kc_bridge.web.logs import configure
from tests.support.bridge import FixedClock
from tests.support.certificates import authority
from tests.support.people import Bridge
from tests.support.receiver import SECRET, Receiver, half_a_line, hang_up, hook


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(
    bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, status: int
) -> None:
    elsewhere = Receiver()
    try:
        happens()
        receiver.answer, receiver.headers = status, {"Location": elsewhere.url}
        assert round_() == 0
        assert elsewhere.heard == []
        assert bridge.messages() == [("waiting", f"status {status}, and redirects are not followed")]
    finally:
        elsewhere.stop()


@pytest.mark.parametrize("answer", [500, 404, 410, "hang up", "nonsense"])
def test_the_log_names_nobody(
    happens: Any,
    round_: Any,
    receiver: Receiver,
    answer: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: Any,
) -> None:
    """22."""
    configure("console")
    person = happens()
    receiver.answer = {"hang up": hang_up, "nonsense": half_a_line}.get(answer, answer)
    if answer == "nonsense":
        monkeypatch.setattr(
            "kc_bridge.channels.webhooks.body_of", lambda _delivery: person.login.encode() / 1
        )
    round_()
    said = "".join(capsys.readouterr())
    assert "webhook.badges" in said or answer == 404
    for word in (person.login, person.uid, person.last_name, base64.b64encode(SECRET).decode(), "msg_"):
        assert word not in said


class TestTls:
    """Over https to a name, whose certificate must be believed."""

    @pytest.fixture
    def safe(self, tmp_path: Path) -> Iterator[Receiver]:
        receiver = Receiver(authority("the university's").issue(tmp_path, "localhost"), host="localhost")
        yield receiver
        receiver.stop()

    def tell(self, bridge: Bridge, clock: FixedClock, folder: Path, url: str, ca_file: Path | None) -> int:
        return tell(hook(folder, url, ca_file=ca_file), bridge.sessions, clock)

    def test_the_authority_named(
        self, bridge: Bridge, happens: Any, safe: Receiver, clock: FixedClock, tmp_path: Path
    ) -> None:
        happens()
        ca_file = authority("the university's").write(tmp_path)
        assert self.tell(bridge, clock, tmp_path, safe.url, ca_file) == 1

    def test_no_authority_another_one_or_another_name(
        self, bridge: Bridge, happens: Any, safe: Receiver, clock: FixedClock, tmp_path: Path
    ) -> None:
        known, folder = authority("the university's").write(tmp_path), tmp_path / "another"
        folder.mkdir()
        another = authority("somebody else's").write(folder)
        by_address = safe.url.replace("localhost", "127.0.0.1")
        for url, ca_file in ((safe.url, None), (safe.url, another), (by_address, known)):
            happens()
            assert self.tell(bridge, clock, tmp_path, url, ca_file) == 0
        assert safe.heard == []
        assert all(error and error.startswith("certificate or TLS") for _state, error in bridge.messages())


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ=", "é", None])
def test_a_secret_that_is_none_sends_nothing(
    bridge: Bridge, happens: Any, round_: Any, webhook: Webhook, receiver: Receiver, content: str | None
) -> None:
    if content is None:
        webhook.secret_file.unlink()
    else:
        webhook.secret_file.write_text(content)
    happens()
    assert round_() == 0
    assert receiver.heard == []
    ((state, error),) = bridge.messages()
    assert state == "waiting"
    assert "secret" in (error or "")
    assert not content or content not in (error or "")


@pytest.mark.parametrize(
    "url",
    [
        "http://badges.univ.fr/hook",
        "http://127.0.0.1.evil.test/",
        "ftp://badges.univ.fr",
        "https://",
        "https://user:password@badges.univ.fr/",
        "badges.univ.fr",
    ],
)
def test_addresses_that_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        hook(tmp_path, url)
