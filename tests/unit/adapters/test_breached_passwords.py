"""The list of stolen passwords: found by halves, refused when it is another kind of file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge import create_app
from kc_bridge.adapters.breached_passwords import BreachedPasswords
from kc_bridge.domain.errors import ConfigurationError
from tests.support.bridge import FixedClock, make_app, make_settings, services_of
from tests.support.stolen_passwords import sha1, write_list

END = pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])


@END
@pytest.mark.parametrize("count", [1, 2, 3, 64, 1000])
@pytest.mark.parametrize("last", [True, False])
def test_every_one_of_the_list_and_no_other(tmp_path: Path, end: str, count: int, last: bool) -> None:
    inside = [f"mot de passe {number} à é" for number in range(count)]
    known = BreachedPasswords(write_list(tmp_path / "list.txt", inside, end, last))
    assert all(password in known for password in inside)
    assert not any(f"autre {number}" in known for number in range(1000))


@given(st.sets(st.text(max_size=8), min_size=1, max_size=40), st.text(max_size=8))
def test_as_a_set_would_answer(
    tmp_path_factory: pytest.TempPathFactory, inside: set[str], asked: str
) -> None:
    known = BreachedPasswords(write_list(tmp_path_factory.mktemp("lists") / "list.txt", list(inside)))
    assert (asked in known) is (asked in inside)


def test_sums_alone_and_in_small_letters(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{sha1(word).lower()}\n" for word in sorted(["a", "b", "c"], key=sha1)))
    known = BreachedPasswords(path)
    assert [word in known for word in "abcd"] == [True, True, True, False]


def test_many_at_once_and_after_the_file_was_replaced(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list.txt", [str(number) for number in range(5000)])
    known = BreachedPasswords(path)
    write_list(tmp_path / "new.txt", ["autre"]).replace(path)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: str(number) in known, range(10_000)))
    assert found == [number < 5000 for number in range(10_000)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no list of SHA-1"),
        (b"azerty\nsoleil\n", "no list of SHA-1"),
        (b"\x00" * 100_000, "no list of SHA-1"),
        (f"{'A' * 32}:3\n".encode() * 50, "no list of SHA-1"),  # the NTLM list has shorter sums
        (f"{'B' * 40}:3\n{'A' * 40}:2\n".encode(), "not ordered"),
    ],
    ids=["empty", "words", "zeros", "NTLM", "backwards"],
)
def test_another_file_refuses_to_start(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    make_app(tmp_path, FixedClock())
    with pytest.raises(ConfigurationError, match=problem) as refused:
        create_app(make_settings(tmp_path, breached_passwords=path), FixedClock())
    assert str(path) in refused.value.problem
    assert "docs/security.md" in refused.value.remedy


def test_the_list_ordered_by_count_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{sha1(str(number))}:{10_000 - number}\n" for number in range(10_000)))
    with pytest.raises(ConfigurationError, match="not ordered"):
        BreachedPasswords(path)


@pytest.mark.parametrize("name", ["nowhere.txt", "."])
def test_no_file_refuses_to_start(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="breached_passwords"):
        BreachedPasswords(tmp_path / name)


def test_the_bridge_opens_the_list_it_is_told_of(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list.txt", ["volé"])
    app = make_app(tmp_path, FixedClock(), breached_passwords=path)
    known = services_of(app).breached_passwords
    assert known is not None
    assert "volé" in known
