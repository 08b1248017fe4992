"""The training data: timelines drawn at random and fused on the spot, as a function of (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from intersyn.conditions import INTERACTION, PADDING, SOLO, PartTable
from intersyn.data.casting import PairCandidates, SoloCandidates, choose
from intersyn.data.fusion import SPARE_FRAMES, Cast, floor_pose, fuse
from intersyn.data.layouts import SOLO_PATTERNS, Layout, LayoutChoice, draw_similar_layouts
from intersyn.data.material import Material
from intersyn.data.paired_solos import PAIRED_SOLOS, PairedSolos
from intersyn.data.pairs import PairDraw, PairSource, SyncedPairs, TextPool
from intersyn.data.sampling import LengthSampler, draw_start, groups_of, reachable
from intersyn.data.store import COMPOSED, ClipStore
from intersyn.data.touches import TouchLabels, TouchTable
from intersyn.frames import InteractionFrames, interaction_frames
from intersyn.timeline import MAX_SEGMENTS

KINDS = ("interleaved", "solo")
CANDIDATES = 16
PAIR_CANDIDATES = 8  # for an interaction that follows; each meets every combination of the solos that lead to it
# Against the square root of their number: more of what people ask for, of what is rare and what sentence encoders
# confuse, and of locomotion, which the choice at the seams disfavours; less of the sources' favourites.
BOOST = {
    "walk": 3.0, "run": 2.0, "dash": 2.0, "walk-back": 3.0, "walk-left": 2.5, "walk-right": 2.5, "walk-turn-left": 1.5,
    "walk-turn-right": 1.5, "punch": 2.0, "kick": 2.0, "slash": 1.5, "dance": 1.5, "dance-short": 1.5, "jump": 1.5,
    "raise-up-left-hand": 0.6, "raise-up-right-hand": 0.6, "raise-up-both-hands": 0.6,
}  # fmt: skip
# Of the interactions, for lengths that all sources offer. Recorded pairs: few takes, but true contact. Composed ones
# touch in many ways, but are short: where an interaction is longer than any of them, the others share it.
SHARES = {"recorded": 0.15, "composed": 0.45, "solos": 0.4}
SHARES_WITHOUT_COMPOSED = {"recorded": 0.35, "solos": 0.65}
# For this share of the solos all candidates show the same action. Otherwise the choice at the seams would leave little
# but gestures on the spot.
SAME_ACTION = 0.4
_SPARE_SEQUENCES = 1.35  # drawn per sequence wanted: those that cannot be closed at both ends are left out
_MAX_ATTEMPTS = 20


def standard_sources(
    store: ClipStore,
    material: Material,
    seed: int = 0,
    split: str = "train",
    phrasing: str = "train",
    paired_solos: int = PAIRED_SOLOS,
) -> list[tuple[PairSource, float]]:
    """The sources a store offers, with their shares: recorded and composed pairs (where there are any), paired solos.

    paired_solos: how many placements of solo clips are checked at the start and drawn from.
    """
    together = {clip.source for clip in store.clips if clip.partner and clip.split == split}
    shares = SHARES if COMPOSED in together else SHARES_WITHOUT_COMPOSED
    sources: list[tuple[PairSource, float]] = []
    for kind, names in (("recorded", together - {COMPOSED}), ("composed", together & {COMPOSED})):
        if names:
            sources.append((SyncedPairs(store, split, phrasing, tuple(names)), shares[kind]))
    solos = PairedSolos(store, material, seed, size=paired_solos, split=split, phrasing=phrasing)
    sources.append((solos, shares["solos"]))
    return sources


@dataclass(frozen=True)
class Sequences:
    """A batch of B sequences of P people, padded to T frames at 20 fps; metres, world frame, y up, floor at 0.

    rotations (B, P, T, 22, 4) local quaternions, root (B, P, T, 3), contacts (B, P, T, 4) in 0..1 (FOOT_JOINTS).
    table: the parts (text = row of the dataset's `texts`). frames: the interactions' shared frames at their true first
    frame, also where the window cut it off. seams: (B, 6) first frame of every part but the first, -1 where unused.
    touches: where the clips say that two people touch.
    """

    rotations: Tensor
    root: Tensor
    contacts: Tensor
    table: PartTable
    frames: InteractionFrames
    seams: Tensor
    touches: TouchTable

    def to(self, device: torch.device | str) -> Sequences:
        frames = InteractionFrames(self.frames.origin.to(device), self.frames.yaw.to(device))
        names = ("rotations", "root", "contacts", "table", "seams", "touches")
        return Sequences(frames=frames, **{name: getattr(self, name).to(device) for name in names})


class InterleavedDataset:
    """Random interleaved sequences of two people, and solo sequences, from a clip store and sources of pairs."""

    def __init__(
        self,
        store: ClipStore,
        pair_sources: Sequence[tuple[PairSource, float]],
        seed: int,
        split: str = "train",
        phrasing: str = "train",
        device: torch.device | str = "cpu",
        material: Material | None = None,
        candidates: int = CANDIDATES,
        layouts: LayoutChoice | None = None,
    ):
        """pair_sources: each with its share of the interactions. phrasing: "train" or "test" texts of the clips.
        layouts: of the interleaved sequences; all kinds if not given.

        Raises `ValueError` where the split has no solo clips that are long enough.
        """
        self.material = material if material is not None else Material.from_store(store, device)
        self.seed, self.candidates, self.layouts = seed, candidates, layouts or LayoutChoice()
        self._touches = TouchLabels(store, self.material.device)
        solos = [clip for clip in store.clips if clip.split == split and clip.partner is None]
        if not solos:
            raise ValueError(f"the store has no solo clips in split {split!r}")
        self._start = np.array([clip.start for clip in solos], np.int64)
        self._frames = np.array([clip.frames for clip in solos], np.int64)
        # A clip without a key may be cut anywhere: its interval is put where it constrains nothing.
        key = np.array([clip.key or (clip.frames, 0) for clip in solos], np.int64)
        self._key = reachable(key, self._frames, SPARE_FRAMES)
        pool = TextPool([clip.texts if phrasing == "train" else clip.test_texts or clip.texts for clip in solos])
        self._solo_pool = pool
        usable = self._frames - 2 * SPARE_FRAMES
        key_frames = np.maximum(self._key[:, 1] - self._key[:, 0], 0)
        boost = np.array([BOOST.get(clip.action, 1.0) for clip in solos])
        self._sampler = LengthSampler(usable, key_frames, groups_of([clip.action for clip in solos]), boost)
        self._sources = [source for source, _ in pair_sources]
        self._shares = np.array([share for _, share in pair_sources], float)
        table: dict[str, int] = {}
        rows = [[table.setdefault(t, len(table)) for t in texts] for texts in self._all_texts()]
        self.texts: tuple[str, ...] = tuple(table)
        self._text_rows = [np.array(row, np.int64) for row in rows]

    @property
    def sources(self) -> tuple[PairSource, ...]:
        """Where the interactions come from."""
        return tuple(self._sources)

    @property
    def solo_texts(self) -> tuple[str, ...]:
        """Every sentence that a solo may be told by."""
        return self._solo_pool.texts

    def batch(self, step: int, kind: str, batch_size: int, device: torch.device | str | None = None) -> Sequences:
        """The batch of a step: the same for the same (seed, step, kind, batch_size), whoever asks.

        kind: "interleaved" (two people) or "solo" (one person, P = 1).
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")
        if kind == "interleaved" and not self._sources:
            raise ValueError("interleaved batches need a source of pairs")
        sequences = self._fused(*self.cast(step, kind, batch_size))
        return sequences if device is None else sequences.to(device)

    def cast(
        self, step: int, kind: str, batch_size: int, layouts: LayoutChoice | None = None
    ) -> tuple[Cast, Tensor, Layout]:
        """What `batch` fuses: which clips play where, the text (B, P, S) of every part, and when.

        layouts: of the interleaved sequences, where others are wanted than the dataset's own.
        """
        casts: list[tuple[Cast, Tensor, Layout]] = []
        missing = batch_size
        for attempt in range(_MAX_ATTEMPTS):
            rng = np.random.default_rng([self.seed, KINDS.index(kind), step, attempt])
            casts.append(self._draw(rng, kind, missing, layouts))
            missing -= len(casts[-1][1])
            if missing <= 0:
                break
        else:
            raise ValueError(f"after {_MAX_ATTEMPTS} attempts {missing} sequences do not close at both ends")
        return _joined(casts) if len(casts) > 1 else casts[0]

    def _all_texts(self) -> list[tuple[str, ...]]:
        return [self.solo_texts, *(source.texts for source in self._sources)]

    def _draw(
        self, rng: np.random.Generator, kind: str, count: int, layouts: LayoutChoice | None = None
    ) -> tuple[Cast, Tensor, Layout]:
        """Up to `count` sequences that close at both ends."""
        interleaved = kind == "interleaved"
        drawn = int(np.ceil(count * _SPARE_SEQUENCES)) + 2 if interleaved else count
        longest_pair = max((source.longest for source in self._sources), default=0)
        chosen = layouts or self.layouts
        wanted = (chosen.weights, chosen.window_share, chosen.fixed_times) if interleaved else (SOLO_PATTERNS,)
        layout = draw_similar_layouts(rng, drawn, self._sampler.longest, longest_pair, *wanted)
        people = 2 if interleaved else 1
        solos = self._draw_solos(rng, layout, people)
        pairs = self._draw_pairs(rng, layout)
        cast, text, valid = choose(self.material, layout, solos, pairs)
        keep = torch.nonzero(valid)[:count, 0]
        chosen = keep.cpu().numpy()
        layout = Layout(*(getattr(layout, name)[chosen] for name in ("kind", "start", "end", "frames")))
        return cast.select(keep), text[keep], layout

    def _draw_solos(self, rng: np.random.Generator, layout: Layout, people: int) -> SoloCandidates:
        batch, segments = layout.kind.shape
        shape = (batch, people, segments, self.candidates)
        where = np.broadcast_to((layout.kind == SOLO)[:, None, :, None], shape)
        frames = np.broadcast_to((layout.end - layout.start)[:, None, :, None], shape)
        everyone = np.where(where, frames, self._sampler.longest)  # drawn for all, kept for solos
        clip = self._sampler.draw(rng, everyone)
        alike = self._sampler.draw_alike(rng, everyone, np.broadcast_to(clip[..., :1], shape))
        clip = np.where(rng.random((*shape[:3], 1)) < SAME_ACTION, alike, clip)[where]
        frames = frames[where]
        first = draw_start(
            rng, frames, np.full_like(frames, SPARE_FRAMES), self._frames[clip] - SPARE_FRAMES, self._key[clip]
        )
        mirror = rng.random(len(clip)) < 0.5
        text = self._text_rows[0][self._solo_pool.draw(rng, clip, mirror)]
        filled = []
        for values in (self._start[clip] + first, mirror, text):
            full = np.zeros(shape, values.dtype)
            full[where] = values
            filled.append(torch.from_numpy(full).to(self.material.device))
        return SoloCandidates(*filled)

    def _draw_pairs(self, rng: np.random.Generator, layout: Layout) -> PairCandidates:
        batch, segments = layout.kind.shape
        shape = (batch, segments, PAIR_CANDIDATES)
        draw = PairDraw.empty(int(np.prod(shape)))
        where = np.argwhere(layout.kind == INTERACTION)
        if len(where):
            frames = (layout.end - layout.start)[where[:, 0], where[:, 1]]
            source = self._choose_source(rng, frames)
            # The first interaction of a sequence needs no candidates: everything else is attached to it.
            need = np.where(where[:, 1] == layout.root_segment[where[:, 0]], 1, PAIR_CANDIDATES)
            place = (where[:, 0] * segments + where[:, 1]) * PAIR_CANDIDATES
            index = np.repeat(place - np.concatenate(([0], np.cumsum(need)[:-1])), need) + np.arange(need.sum())
            frames, source = np.repeat(frames, need), np.repeat(source, need)
            for k, pair_source in enumerate(self._sources):
                mine = source == k
                if mine.any():
                    got = pair_source.draw(rng, frames[mine])
                    got.text[:] = self._text_rows[1 + k][got.text]
                    draw.put(index[mine], got)
        device = self.material.device

        def tensor(values: np.ndarray) -> Tensor:
            values = values.astype(np.float32) if values.dtype == np.float64 else values
            return torch.from_numpy(values.reshape(*shape, *values.shape[1:])).to(device)

        return PairCandidates(*(tensor(getattr(draw, name)) for name in ("row", "mirror", "yaw", "shift", "text")))

    def _choose_source(self, rng: np.random.Generator, frames: np.ndarray) -> np.ndarray:
        """A source per interaction, by share among those that offer that many frames."""
        able = np.stack([(s.longest >= frames) & (s.shortest <= frames) for s in self._sources], 1)
        weight = np.cumsum(np.where(able, self._shares, 0.0), 1)
        return (rng.random(len(frames))[:, None] * weight[:, -1:] >= weight).sum(1).clip(0, len(self._sources) - 1)

    def _fused(self, cast: Cast, text: Tensor, layout: Layout) -> Sequences:
        device = self.material.device
        fused = fuse(self.material, cast, int(layout.frames.max()))
        order, count = _packed(layout)
        index = torch.from_numpy(order[:, : int(count.max())]).to(device)
        shown = torch.from_numpy(np.arange(index.shape[1]) < count[:, None]).to(device)
        people = cast.row.shape[1]

        def spread(values: Tensor, padding: int) -> Tensor:
            """(B, S) of segments or (B, P, S) of parts to (B, P, S') of those in the window."""
            wide = values[:, None].expand(-1, people, -1) if values.ndim == 2 else values
            picked = wide.gather(2, index[:, None].expand(-1, people, -1))
            return torch.where(shown[:, None], picked, padding)

        kind = spread(cast.kind, PADDING)
        together = kind == INTERACTION
        group = torch.where(together, together.cumsum(-1) - 1, -1)
        role = torch.arange(people, device=device)[:, None].expand_as(kind)
        table = PartTable(
            kind=kind, start=spread(cast.start, 0), end=spread(cast.end, 0), text=spread(text, 0), group=group,
            angle=torch.where(together, torch.pi * role, 0.0).float(),
            length=torch.from_numpy(layout.frames).to(device),
        )  # fmt: skip
        seams = torch.full((len(kind), MAX_SEGMENTS - 1), -1, dtype=torch.long, device=device)
        later = table.start[:, 0, 1:]
        seams[:, : later.shape[1]] = torch.where(shown[:, 1:], later, -1)
        frames = self._first_frames(cast, table, index)
        touches = self._touches.of(cast, table.length)
        return Sequences(fused.rotations, fused.root, fused.contacts, table, frames, seams, touches)

    def _first_frames(self, cast: Cast, table: PartTable, index: Tensor) -> InteractionFrames:
        """The interactions' frames from where everyone stands at each part's true first frame."""
        place, heading = floor_pose(self.material, cast.row, cast.mirror, cast.yaw, cast.shift)
        wide = index[:, None].expand(-1, cast.row.shape[1], -1)
        place, heading = place.gather(2, wide[..., None].expand(*wide.shape, 2)), heading.gather(2, wide)
        # One frame per part: the table of a motion that consists of first frames only.
        parts = table.kind.shape[2]
        steps = torch.arange(parts, device=place.device).expand_as(table.kind)
        stills = replace(table, start=steps, end=steps + 1, length=torch.full_like(table.length, parts))
        return interaction_frames(place, heading, stills)


def _packed(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Segments in the window first, in order (B, S), and how many they are (B,)."""
    visible = layout.visible()
    return np.argsort(~visible, axis=1, kind="stable"), visible.sum(1)


def _joined(draws: list[tuple[Cast, Tensor, Layout]]) -> tuple[Cast, Tensor, Layout]:
    casts, texts, layouts = zip(*draws, strict=True)
    cast = Cast(*(torch.cat([getattr(c, name) for c in casts]) for name in Cast.__dataclass_fields__))
    layout = Layout(*(np.concatenate([getattr(x, name) for x in layouts]) for name in Layout.__dataclass_fields__))
    return cast, torch.cat(texts), layout
