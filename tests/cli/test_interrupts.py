"""A program's interrupts: heard where nothing can be torn apart by them, and passed on at the end."""

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest
from tests.waiting import until

from progenitor_cli.training.interrupts import Interrupts


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """Python's own, whatever the test left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_has_the_training_leave_and_the_second_has_it_end_at_once() -> None:
    called: list[str] = []

    def interrupted() -> None:
        with Interrupts() as interrupts:
            with interrupts.gently(lambda: called.append("leave"), lambda: called.append("at once")):
                assert interrupts.unheard()
                signal.raise_signal(signal.SIGINT)
                assert until(lambda: called) == ["leave"]
                assert not interrupts.unheard()
                for _ in range(3):
                    signal.raise_signal(signal.SIGINT)
                until(lambda: len(called) == 2)
            called.append("ended")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert called == ["leave", "at once", "ended"]


def test_without_one_nothing_is_raised_and_the_handler_is_what_it_was() -> None:
    with Interrupts() as interrupts, interrupts.gently(pytest.fail, pytest.fail):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_programs_own_stays() -> None:
    def own(number: int, frame: FrameType | None) -> None:
        heard.append((number, frame))

    heard: list[object] = []
    signal.signal(signal.SIGINT, own)
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert interrupts.unheard()
    assert len(heard) == 1


def test_other_threads_have_no_signals() -> None:
    seen: list[object] = []

    def elsewhere() -> None:
        with Interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
