"""Many answers at the same moment: one of them owns the account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from kc_bridge.store.models import Person
from tests.support.activation import (
    FINISHED,
    PASSWORD,
    activations,
    choose,
    is_inside,
    link_states,
    log_in,
    logs_in,
    password_changes,
    sessions,
    to_password,
)
from tests.support.counts import count
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Page, Walker

PROVISIONAL = "Provisoire-2026-à-Sète!"
T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """Runs all of them, none before the last is ready."""
    start = Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def password_of(number: int) -> str:
    return f"{GOOD_PASSWORD}{number}"


def send_all(pages: Sequence[tuple[Walker, Page]]) -> list[Page]:
    """Each sends a password of its own, at the same moment."""
    return at_once(
        [
            lambda walker=walker, page=page, number=number: choose(walker, page, password_of(number))
            for number, (walker, page) in enumerate(pages)
        ]
    )


def that_work(stack: Stack, person: Person, numbers: int) -> list[int]:
    """Which of the passwords open the application."""
    return [number for number in range(numbers) if logs_in(stack, person, password_of(number))]


def clone(walker: Walker) -> Walker:
    """The same browser's cookies, with connections of its own."""
    other = Walker()
    other.http.cookies.update(walker.http.cookies)
    return other


def test_one_browser_sending_many_times_activates_once(stack: Stack) -> None:
    """Scenario 4: N parallel completions of one link from one session: 1 activation, 1 password, no error."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    n = count(8, 50)

    answers = send_all([(clone(walker), page) for _ in range(n)])

    assert {(answer.status, answer.title) for answer in answers} == {(200, FINISHED)}
    assert activations(stack, person) == 1
    assert password_changes(stack, person) == 1
    assert len(that_work(stack, person, n)) == 1
    assert link_states(stack, person) == ["finished"]


def test_many_browsers_with_one_link_have_one_winner(stack: Stack) -> None:
    """Scenario 4: each opened the link, all answer at once: the last opening wins, the others get 410."""
    person = stack.person()
    link = stack.mail_link(person)
    walkers = [Walker() for _ in range(count(8, 50))]
    pages = [(walkers[0], to_password(walkers[0], link))]
    for walker in walkers[1:]:
        page = walker.send(walker.get(link))
        assert page.title == PASSWORD
        pages.append((walker, page))

    answers = send_all(pages)

    last = len(walkers) - 1
    assert [answer.status for answer in answers] == [410] * last + [200]
    assert activations(stack, person) == 1
    assert password_changes(stack, person) == 1
    assert that_work(stack, person, len(walkers)) == [last]


def test_many_browsers_with_one_provisional_password_have_one_winner(stack: Stack) -> None:
    """Scenario 4: logins of equal right, without a link: whoever was first owns the account, alone."""
    n = count(8, 50)
    person = stack.person(
        credentials=[{"type": "password", "value": PROVISIONAL, "temporary": False}],
    )
    walkers = [Walker() for _ in range(n)]
    pages = []
    for number, walker in enumerate(walkers):
        page = log_in(stack, walker, person.login, PROVISIONAL)
        pages.append((walker, page if number else walker.send(page, accept="y")))
    pages = [(walker, walker.get(f"{stack.url}/activation/")) for walker, _page in pages]
    assert {page.title for _walker, page in pages} == {PASSWORD}

    answers = send_all(pages)

    winners = [number for number, answer in enumerate(answers) if answer.title == FINISHED]
    assert len(winners) == 1
    assert {answer.status for number, answer in enumerate(answers) if number not in winners} == {410}
    assert activations(stack, person) == 1
    assert password_changes(stack, person) == 1
    assert that_work(stack, person, n) == winners
    assert not logs_in(stack, person, PROVISIONAL)
    losers = [walker for number, walker in enumerate(walkers) if number not in winners]
    assert not any(is_inside(stack, walker) for walker in losers)


def test_many_opening_one_link_at_once_leave_one_opening(stack: Stack) -> None:
    """Scenario 4: N browsers press the button together: exactly one of them can finish."""
    person = stack.person()
    link = stack.mail_link(person)
    walkers = [Walker() for _ in range(count(6, 50))]
    buttons = [(walker, walker.get(link)) for walker in walkers]

    at_once([lambda walker=walker, page=page: walker.send(page) for walker, page in buttons])
    arrived = [(walker, walker.get(f"{stack.url}/activation/")) for walker in walkers]
    living = [(walker, page) for walker, page in arrived if page.status == 200]
    assert len(living) == 1
    walker, page = living[0]
    assert choose(walker, walker.send(page, accept="y")).title == FINISHED

    walker.get(f"{stack.url}/activation/leave")
    assert activations(stack, person) == 1
    assert sessions(stack, person) == 1
