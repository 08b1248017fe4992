"""Which recordings are for training, validation and testing. Decided by a fixed hash, so that it never changes."""

from __future__ import annotations

from collections.abc import Mapping

from intersyn.data.texts import fraction

TEST_SHARE, VAL_SHARE = 0.06, 0.04
SMALL_SOURCE = 50


def assign_splits(recordings: Mapping[str, str | None], source: str) -> dict[str, str]:
    """The split of every recording of one source. A recording mapped to a split (published, or held out) keeps it.

    Sources of 50 recordings or more: by hash, about 90 / 4 / 6 percent, so that a recording keeps its split
    whatever else is there. Smaller ones: ordered by hash, with at least one recording on each side where there
    are three or more.
    """
    fixed = {name: split for name, split in recordings.items() if split is not None}
    rest = sorted((fraction(f"{source}/{name}"), name) for name, split in recordings.items() if split is None)
    if len(recordings) >= SMALL_SOURCE:
        chosen = {
            name: "test" if at < TEST_SHARE else "val" if at < TEST_SHARE + VAL_SHARE else "train" for at, name in rest
        }
    else:
        test = max(1, round(TEST_SHARE * len(rest))) if len(rest) > 2 else 0
        val = max(1, round(VAL_SHARE * len(rest))) if len(rest) > 2 else 0
        chosen = {
            name: "test" if k < test else "val" if k < test + val else "train" for k, (_, name) in enumerate(rest)
        }
    return fixed | chosen
