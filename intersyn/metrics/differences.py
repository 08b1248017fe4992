"""What changed between two motions of one request: how far apart the people are, which figures moved, and one sentence.

Both motions have the same people, frames and timeline, as variants of one seed do. Whether a figure moved much is asked
of how far it moves from seed to seed (`reference`): what another seed would have done as well is no finding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.metrics.curves import Curves, seam_frames, together_frames
from intersyn.metrics.reference import bundled
from intersyn.metrics.transitions import transition_distance
from intersyn.motion import Motion

VISIBLE = 0.5  # cm: people who never are farther apart than this look the same on a screen, where it is a pixel or two


@dataclass(frozen=True)
class Figure:
    """One number of a motion. clause, beside: how a sentence says its value, and the other motion's in brackets.

    nothing: the clause and the bracket for a value that is 0 when written, where "0.0" would not do.
    """

    unit: str
    clause: str
    digits: int = 1
    nothing: tuple[str, str] | None = None

    def written(self, value: float) -> str:
        return f"{value:.{self.digits}f} {self.unit}"

    def is_nothing(self, value: float) -> bool:
        return self.nothing is not None and float(f"{value:.{self.digits}f}") == 0

    def says(self, value: float) -> str:
        return self.nothing[0] if self.is_nothing(value) else self.clause.format(self.written(value))

    def beside(self, value: float) -> str:
        return self.nothing[1] if self.is_nothing(value) else self.written(value)


FIGURES: Mapping[str, Figure] = {
    "seam_jerk": Figure("m/s³", "jerk at the seams peaks at {}", 0),
    "jerk": Figure("m/s³", "jerk is {} on average", 0),
    "transition_distance": Figure("cm", "poses leap by {} across the seams"),
    "slide": Figure("cm/s", "planted feet slide at {}"),
    "overlap": Figure("cm", "the bodies overlap {} at the deepest", 1, ("the bodies never overlap", "not at all")),
    "distance": Figure("cm", "the pelvises are {} apart on average while together", 0),
    "hands": Figure("cm", "the nearest hands are {} apart on average while together", 0),
    "reach": Figure("cm", "a hand comes within {} of the other’s body", 1, ("a hand reaches the other’s body", "0 cm")),
}


@dataclass(frozen=True)
class Difference:
    """Of a motion against a reference motion.

    displacement (T,): cm, mean over people and joints. together (T,): the frames of interactions. figures: name of
    `FIGURES` -> (of the reference motion, of this one), NaN where a motion has nothing to measure.
    """

    fps: float
    displacement: Tensor
    together: Tensor
    figures: dict[str, tuple[float, float]]

    @property
    def mean(self) -> float:
        """Mean displacement in cm, over the frames of interactions where there are any, else over all."""
        return float((self.displacement[self.together] if self.together.any() else self.displacement).mean())

    @property
    def most(self) -> tuple[float, float]:
        """The greatest displacement in cm, and when it is, in seconds."""
        at = int(self.displacement.argmax())
        return float(self.displacement[at]), at / self.fps

    def moved(self, spread: Mapping[str, float]) -> list[tuple[str, float]]:
        """Figures that changed as they are written, by how many spreads, greatest first."""
        found = []
        for name, (before, after) in self.figures.items():
            figure = FIGURES[name]
            if math.isnan(before + after) or figure.beside(before) == figure.beside(after):
                continue
            found.append((name, abs(after - before) / spread[name]))
        return sorted(found, key=lambda item: -item[1])


def motion_figures(motion: Motion) -> dict[str, float]:
    """The value of each of `FIGURES` in its unit; NaN where there is nothing to measure."""
    curves = Curves.of(motion)
    together, seams = (of(motion.timeline, motion.frames) for of in (together_frames, seam_frames))
    boundaries = motion.timeline.boundaries if motion.timeline else ()
    leaps = [transition_distance(person, boundaries) for person in motion.joints()]
    return {
        "seam_jerk": _of(curves.jerk[:, seams], torch.amax),
        "jerk": _of(curves.jerk, torch.mean),
        "transition_distance": _of(torch.stack(leaps), torch.mean),
        "slide": _of(curves.slide, torch.mean) * 100,
        "overlap": _of(curves.overlap, torch.amax) * 100,
        "distance": _of(curves.pelvis_distance[:, together], torch.mean) * 100,
        "hands": _of(curves.hand_to_hand[:, together].clamp_min(0), torch.mean) * 100,
        "reach": _of(curves.hand_to_body[:, together].clamp_min(0), torch.amin) * 100,
    }


def displacement(reference: Motion, motion: Motion) -> Tensor:
    """How far each joint is from where it is in the reference motion, (P, T, 22) in metres, in the world."""
    ours, theirs = motion.joints(), reference.joints()
    if ours.shape != theirs.shape or motion.fps != reference.fps:
        raise ValueError(
            f"motions of one request have one shape and frame rate, got {tuple(theirs.shape)} at {reference.fps:g} and "
            f"{tuple(ours.shape)} at {motion.fps:g}"
        )
    return (ours - theirs).norm(dim=-1)


def difference(reference: Motion, motion: Motion) -> Difference:
    """What changed from the reference motion to this one. Raises `ValueError` unless both are of one request."""
    if reference.timeline != motion.timeline:
        raise ValueError("motions of one request have one timeline")
    apart = displacement(reference, motion).mean((0, 2)) * 100
    before, after = motion_figures(reference), motion_figures(motion)
    together = together_frames(motion.timeline, motion.frames)
    return Difference(motion.fps, apart, together, {name: (before[name], after[name]) for name in FIGURES})


def sentence(found: Difference, this: str, that: str, spread: Mapping[str, float] | None = None) -> str:
    """One sentence of what changed. this, that: where, as in "Without the coordinator" and "with it".

    It tells of the figure that changed most against its spread (by default that of the bundled reference), says where
    another seed would change it more, and how far the motions differ.
    """
    greatest, when = found.most
    mean, most = _centimetres(found.mean), _centimetres(greatest)
    if greatest < VISIBLE:
        return f"{this} there is no visible difference ({mean})."
    span = " while together" if found.together.any() else ""
    differ = f"the motions differ by {mean} on average{span}, most at {when:.1f} s ({most})"
    moved = found.moved(bundled().spread if spread is None else spread)
    if not moved:
        return f"{this} no measured figure changes; {differ}."
    name, spreads = moved[0]
    before, after = found.figures[name]
    figure = FIGURES[name]
    usual = ", a smaller change than another seed makes" if spreads < 1 else ""
    return f"{this} {figure.says(after)} ({figure.beside(before)} {that}){usual}; {differ}."


def _centimetres(value: float) -> str:
    return f"{value:.1f} cm" if value < 2 else f"{value:.0f} cm"


def _of(values: Tensor, statistic: Callable[[Tensor], Tensor]) -> float:
    """A statistic of what is not NaN; NaN for nothing."""
    known = values[~values.isnan()]
    return float(statistic(known)) if known.numel() else math.nan
