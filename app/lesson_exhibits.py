"""The data behind the lesson's exhibits: computed when somebody first asks for it, then kept for all visitors."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Hashable
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.gpu import ON_ZERO_GPU, load_pipeline
from app.viewer import Shown, manifest

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.pipeline import InterSynPipeline
    from intersyn.timeline import Timeline
    from intersyn.trace import Trace

Report = Callable[[int, int], None]  # (steps done, of all)

# How many examples each chapter offers: training sequences to draw, pairs to look at, seeds.
EXAMPLES = {"fusion": 6, "frames": 4, "denoising": 4, "rec": 4, "smooth": 4}
DRAWN = (5, 7, 2, 9, 4, 6)  # training steps whose sequences are shown: six that differ
PAIRS = ("Handshake", "High five", "Twirl", "Waltz")  # of the bundled sample, for first-person frames
SEQUENCES = 12  # training sequences whose seams are the reference
REACH = 15  # frames shown on either side of a seam
# The world of chapter two as seen from the pair's clip: its origin (x, z) in metres and the direction of its +z.
PLACE = (-0.97, 0.25), 0.9
SCENE = (
    (40, "a person walks forward", "a person walks forward"),
    (60, "two people salsa dance"),
    (40, "a person waves with the right hand", "a person bows"),
)  # frames, then the texts: what the networks are asked for


class Exhibits:
    """Values of the lesson's component by chapter and number of the example.

    source: the checkpoint whose networks are shown, a folder or Hub name; None is the bundled one.
    """

    def __init__(self, source: str | None) -> None:
        self.source = source
        self._folder = tempfile.TemporaryDirectory(prefix="intersyn-lesson-")  # gone with the process
        self._kept: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def is_ready(self, chapter: str, number: int) -> bool:
        return (chapter, number) in self._kept

    def get(self, chapter: str, number: int, report: Report = lambda done, steps: None) -> dict[str, Any]:
        """The exhibit, a copy that may be changed. `report` hears of the networks' steps if there are any to take.

        Raises `ValueError` for a chapter or number that there is not, and what loading and running the model raises.
        """
        make = {
            "fusion": self._fusion, "frames": self._frames, "denoising": self._denoising, "rec": self._rec,
            "smooth": self._smooth,
        }.get(chapter)  # fmt: skip
        if make is None or not 0 <= number < EXAMPLES[chapter]:
            raise ValueError(f"There is no example {number!r} of {chapter!r}.")
        return deepcopy(self._once((chapter, number), lambda: make(number, report)))

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gives, made by the first who asks; others wait for it."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]

    def _view(self, name: str, *shown: Shown) -> dict[str, Any]:
        folder = Path(self._folder.name) / name
        folder.mkdir(parents=True, exist_ok=True)
        return manifest(shown, folder)

    # One function per chapter.

    def _fusion(self, number: int, report: Report) -> dict[str, Any]:
        from intersyn.data.interleaved import interleave, sample_dataset, seam_leaps

        made = interleave(*sample_dataset(), DRAWN[number])
        segments = made.fused.timeline.segments
        return {
            "views": {
                name: self._view(f"fusion-{number}-{name}", Shown(motion))
                for name, motion in (("fused", made.fused), ("placed", made.placed))
            },
            "seams": list(made.fused.timeline.boundaries),
            "clips": [
                [
                    {
                        "start": segment.start,
                        "end": segment.end,
                        "name": excerpt.clip.action.replace("-", " "),
                        "from": excerpt.start,
                        "to": excerpt.end - 1,
                        "of": excerpt.clip.frames,
                        "mirrored": excerpt.mirrored,
                        "together": excerpt.clip.partner is not None,
                    }
                    for segment, excerpt in zip(segments, excerpts)
                ]
                for excerpts in made.played
            ],
            "blended": made.blended.int().tolist(),
            "leaps": {  # cm in one frame, by person and seam
                name: _round(seam_leaps(motion) * 100, 1)
                for name, motion in (("fused", made.fused), ("placed", made.placed))
            },
        }

    def _frames(self, number: int, report: Report) -> dict[str, Any]:
        import torch

        from intersyn.data.sample import list_examples, load_sample, to_motion
        from intersyn.first_person import first_person, floor_poses, seen_from

        store = load_sample()
        example = next(example for example in list_examples(store) if example.name == PAIRS[number])
        origin, yaw = PLACE
        world = seen_from(to_motion(store, example), torch.tensor(origin), torch.tensor(yaw))
        mine = first_person(world)
        views, numbers = {}, {}
        for name, person in (("world", None), ("one", 0), ("two", 1)):
            motion = world if person is None else seen_from(world, mine.origin[person], mine.yaw[person])
            places, headings = floor_poses(motion)
            views[name] = self._view(f"frames-{number}-{name}", Shown(motion))
            numbers[name] = {"place": _round(places, 2), "degrees": _round(torch.rad2deg(headings), 0)}
        return {"views": views, "numbers": numbers, "pairs": list(PAIRS)}

    def _denoising(self, number: int, report: Report) -> dict[str, Any]:
        from intersyn.metrics.differences import displacement

        traced = self._trace(number, report)
        final = traced.predictions[-1]
        return {
            "steps": [
                {
                    "t": t,
                    "signal": _round(signal**2, 4),
                    "away": _round(displacement(final, predicted).mean() * 100, 1),
                    "views": {
                        name: self._view(f"denoising-{number}-{k}-{name}", Shown(motion))
                        for name, motion in (("predicted", predicted), ("noisy", noisy))
                    },
                }
                for k, (t, signal, noisy, predicted) in enumerate(
                    zip(traced.timesteps, traced.signal, traced.noisy, traced.predictions)
                )
            ],
            "guidance": self._pipeline().config.guidance_scale,
        }

    def _rec(self, number: int, report: Report) -> dict[str, Any]:
        from intersyn.metrics.curves import together_frames
        from intersyn.metrics.differences import displacement
        from intersyn.skeleton import JOINT_NAMES

        traced = self._trace(number, report)
        before, after = traced.predictions[-1], traced.refined
        moved = displacement(before, after) * 100
        together = together_frames(before.timeline, before.frames)
        met = moved[:, together]
        person, frame, joint = (int(index) for index in (met == met.max()).nonzero()[0])
        first = int(together.nonzero()[0])
        return {
            "views": {"both": self._view(f"rec-{number}", Shown(before, "Before REC"), Shown(after, "After REC"))},
            "together": [first, first + int(together.sum())],
            "mean": _round(met.mean(), 2),
            "most": _round(met.max(), 1),
            "person": person,
            "frame": first + frame,
            "joint": JOINT_NAMES[joint].replace("_", " "),
            "curves": _round(moved.mean(-1), 2),  # cm, by person and frame, mean over joints
        }

    def _smooth(self, number: int, report: Report) -> dict[str, Any]:
        from intersyn.losses import SMOOTH_WINDOW
        from intersyn.metrics.smoothness import seam_accelerations, within_smooth_window

        steps = self._pipeline().config.steps
        is_traced = ("trace", number) in self._kept
        total = steps if is_traced else 2 * steps
        full = self._trace(number, lambda done, _: report(done, total)).refined
        pipeline, timeline = self._pipeline(), scene()
        without = pipeline(
            timeline, seed=number, variant="no_smooth", callback=lambda done, _: report(total - steps + done, total)
        )
        curves = {name: seam_accelerations(m, REACH) for name, m in (("full", full), ("no_smooth", without))}
        usual = self._once("seams", _usual_seams)
        return {
            "views": {"both": self._view(f"smooth-{number}", Shown(full, "Full"), Shown(without, "No L_smooth"))},
            "seams": list(timeline.boundaries),
            "reach": REACH,
            "window": SMOOTH_WINDOW,
            # cm/frame^2, by seam
            "curves": {name: _round(curve * 100, 3) for name, curve in curves.items()},
            "inside": {name: _round(within_smooth_window(curve) * 100, 2) for name, curve in curves.items()},
            "data": {
                "curve": _round(usual * 100, 3),
                "inside": _round(within_smooth_window(usual) * 100, 2),
            },
        }

    def _pipeline(self) -> InterSynPipeline:
        """The page's own; on ZeroGPU one on the processor, since a GPU is lent to generations only."""
        if not ON_ZERO_GPU:
            return load_pipeline(self.source)
        from intersyn.pipeline import InterSynPipeline

        return self._once("pipeline", lambda: InterSynPipeline.from_pretrained(self.source))

    def _trace(self, seed: int, report: Report) -> Trace:
        """The steps of one generation of the scene, which three chapters share."""
        from intersyn.trace import trace

        pipeline = self._pipeline()
        return self._once(("trace", seed), lambda: trace(pipeline, scene(), seed=seed, callback=report))


def scene() -> Timeline:
    """What the networks are asked for in the chapters that show them."""
    from intersyn.timeline import Part, Segment, Timeline

    segments, start = [], 0
    for frames, *texts in SCENE:
        parts = (Part((0, 1), texts[0]),) if len(texts) == 1 else tuple(Part((p,), t) for p, t in enumerate(texts))
        segments.append(Segment(start, start + frames, parts))
        start += frames
    return Timeline(tuple(segments))


def _usual_seams() -> Any:
    """Second differences about the seams of training sequences, (2 REACH + 1,) m/frame^2."""
    from intersyn.data.interleaved import interleave, sample_dataset
    from intersyn.metrics.smoothness import mean_seam_acceleration

    return mean_seam_acceleration((interleave(*sample_dataset(), step).fused for step in range(SEQUENCES)), REACH)


def _round(values: Any, digits: int) -> Any:
    """A number or tensor as JSON's numbers, None for what is not a number."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list):
        return [_round(value, digits) for value in values]
    return None if values != values else round(values, digits)
