"""Work in a thread of its own, and somebody who listens to it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

News = TypeVar("News")
Result = TypeVar("Result")


def listen(
    work: Callable[[Callable[[News], None]], Result],
    name: str,
    stop: threading.Event | None = None,
    newest: bool = False,
) -> Generator[News, None, Result]:
    """Run `work(tell)` in a thread called `name`; yields what it tells, then returns what it returns.

    Raises what the work raises. Whoever closes the iterator sets `stop`, on which the work should end soon, and waits
    for its end; without `stop` the work goes on unheard. newest: of news that have piled up, yield only the last.
    """
    said: queue.Queue[tuple[str, Any]] = queue.Queue()

    def run() -> None:
        try:
            said.put(("result", work(lambda news: said.put(("news", news)))))
        except Exception as error:  # a thread's traceback would reach nobody
            said.put(("error", error))

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        while True:
            kind, what = said.get()
            while newest and kind == "news" and not said.empty():
                kind, what = said.get()
            if kind == "error":
                raise what
            if kind == "result":
                return what
            yield what
    finally:
        if stop is not None:
            stop.set()
            thread.join()
