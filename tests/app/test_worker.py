"""Listening to work in a thread: what is told, what comes of it, and how it ends."""

from __future__ import annotations

import threading

import pytest

from app.worker import listen


def heard(listening) -> tuple[list, object]:
    """What was told, and what was returned."""
    news = []
    while True:
        try:
            news.append(next(listening))
        except StopIteration as end:
            return news, end.value


def test_news_come_in_their_order_and_then_the_result():
    def work(tell):
        for step in range(3):
            tell(step)
        return threading.current_thread().name

    assert heard(listen(work, "counting")) == ([0, 1, 2], "counting")


def test_of_news_that_pile_up_only_the_newest_where_that_is_enough():
    told, heard_first = threading.Event(), threading.Event()

    def work(tell):
        tell(0)
        heard_first.wait()
        for step in range(1, 100):
            tell(step)
        told.set()
        go_on.wait()
        return "done"

    go_on = threading.Event()
    listening = listen(work, "hasty", newest=True)
    assert next(listening) == 0
    heard_first.set()
    told.wait()
    assert next(listening) == 99
    go_on.set()
    assert heard(listening) == ([], "done")


def test_what_goes_wrong_is_raised_where_somebody_listens():
    def work(tell):
        tell("before")
        raise KeyError("what")

    listening = listen(work, "failing")
    assert next(listening) == "before"
    with pytest.raises(KeyError, match="what"):
        next(listening)


def test_whoever_leaves_stops_the_work_and_waits_for_its_end():
    stop, ended = threading.Event(), threading.Event()

    def work(tell):
        tell("begun")
        stop.wait()
        ended.set()

    listening = listen(work, "stopping", stop)
    next(listening)
    listening.close()
    assert stop.is_set() and ended.is_set()


def test_work_that_cannot_be_stopped_goes_on_unheard():
    go_on, ended = threading.Event(), threading.Event()

    def work(tell):
        tell("begun")
        go_on.wait()
        ended.set()

    listening = listen(work, "unheard")
    next(listening)
    listening.close()
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(60)
