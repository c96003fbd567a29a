"""What an operator sees of a command that fails."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from kc_bridge import cli
from kc_bridge.domain.errors import ConfigurationError

GONE = OperationalError("SELECT 1", {}, Exception("terminating connection\nserver closed the connection"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConfigurationError("The realm is not there.", "Run: kcb setup"),
            "The realm is not there.\n  → Run: kcb setup",
        ),
        (GONE, "The bridge's database does not answer: terminating connection\n  → Look at the server"),
    ],
)
def test_it_says_what_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    def _raise() -> None:
        raise error

    monkeypatch.setattr(cli, "cli", _raise)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith(said)


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "cli", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main()
