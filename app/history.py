"""What this visitor has generated so far: shown again without being made again, for as long as memory is granted."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.limits import RESULTS_BYTES, RESULTS_KEPT, STATE_SECONDS
from app.parts import heading
from app.script import TOGETHER
from app.state import State
from intersyn.timeline import DEFAULT_FPS

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion

GONE = "This result is no longer kept: its script and settings are on the page, press Generate to make it again."
EXPIRED = "The results of this visit have expired: press Generate to make a new one."
EMPTY = "What you generate is listed here, to be shown again at once."
LONGEST = 40  # characters of a text in a label


@dataclass(frozen=True)
class Entry:
    """One result: what it was made from, and where its motions are kept."""

    key: str
    label: str
    state: State


@dataclass
class History:
    """One visitor's results, newest first. Plain and small: the motions are in `Results`."""

    entries: list[Entry] = field(default_factory=list)


class Results:
    """The motions of all visitors' results, in memory, up to `most` bytes: the one unseen for longest goes first."""

    def __init__(self, most: int = RESULTS_BYTES) -> None:
        self.most = most
        self._kept: OrderedDict[str, tuple[Motion, ...]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        return self._bytes

    def put(self, motions: Sequence[Motion]) -> str:
        """Keep them. Returns the key, which nobody can guess."""
        key = uuid.uuid4().hex
        with self._lock:
            self._kept[key] = tuple(motions)
            self._bytes += _size(motions)
            while self._bytes > self.most:
                self._bytes -= _size(self._kept.popitem(last=False)[1])
        return key

    def get(self, key: str) -> tuple[Motion, ...] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def drop(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._bytes -= _size(self._kept.pop(key, ()))


class Histories:
    """The handlers of the card."""

    def __init__(self, results: Results | None = None) -> None:
        self.results = results or Results()

    def add(self, history: History, state: State, motions: Sequence[Motion], labels: Sequence[str]) -> dict[str, Any]:
        """Note a result, whose panels are called `labels`. Returns the update of the list, where it is now chosen.

        The handler must also return the history itself, or its time to live does not begin.
        """
        entry = Entry(self.results.put(motions), label_of(state, labels), state)
        history.entries.insert(0, entry)
        self.results.drop([old.key for old in history.entries[RESULTS_KEPT:]])
        del history.entries[RESULTS_KEPT:]
        return gr.update(choices=[(each.label, each.key) for each in history.entries], value=entry.key, visible=True)

    def find(self, history: History, key: str | None) -> tuple[State, tuple[Motion, ...] | None]:
        """What was chosen in the list: its state, and its motions or None where they are no longer kept (`GONE`).

        Raises `LookupError` with one sentence where the visitor's whole history has expired.
        """
        for entry in history.entries:
            if entry.key == key:
                return entry.state, self.results.get(entry.key)
        raise LookupError(EXPIRED)

    def forget(self, history: History) -> None:
        """The visitor has gone."""
        self.results.drop([entry.key for entry in history.entries])


def history_card(histories: Histories) -> tuple[gr.State, gr.Radio]:
    """The card: the visitor's `History`, and the list, which triggers `input` when a result is chosen."""
    with gr.Column(elem_classes="is-card", elem_id="results"):
        heading("Results so far", f"the last {RESULTS_KEPT}, until you close the page")
        gr.HTML(f'<p class="is-aside">{EMPTY}</p>', apply_default_css=False)
        chosen = gr.Radio([], label="Show again", visible=False, elem_id="history", buttons=[])
    state = gr.State(History(), time_to_live=STATE_SECONDS, delete_callback=histories.forget)
    return state, chosen


def label_of(state: State, labels: Sequence[str]) -> str:
    """How a result is called in the list: what they do, which panels, seed and length."""
    scenes = state.script.scenes
    scene = next((scene for scene in scenes if scene.kind == TOGETHER), scenes[0])
    text = " ".join((scene.together if scene.kind == TOGETHER else scene.one).split())
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
    seeds = sorted({panel.seed for panel in state.panels})
    seed = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
    return f"“{text}” · {', '.join(labels)} · {seed} · {state.script.frames / DEFAULT_FPS:.1f} s"


def _size(motions: Sequence[Motion]) -> int:
    return sum(part.nbytes for motion in motions for part in (motion.poses, motion.trans, motion.betas))
