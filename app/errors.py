"""What the page says when something on it cannot be used."""

from __future__ import annotations


class FormError(ValueError):
    """Something on the page that cannot be generated; the message is one sentence for the person at the page.

    `field` is the element id of the field that is wrong, so that the page can point at it.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def sentence_of(error: Exception, foreseen: tuple[type[Exception], ...], unforeseen: str) -> str:
    """One sentence for any failure: its own if it is `foreseen`; others are printed with their traceback, and the
    sentence is `unforeseen`, in which {} is the kind of the error."""
    if isinstance(error, foreseen):
        return str(error)
    import traceback

    traceback.print_exception(error)
    return unforeseen.format(type(error).__name__)
