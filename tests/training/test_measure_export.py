"""Sizes of exports: every quick format at every rate, and input that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from intersyn.motion import Motion
from tests.motions import smooth_motion
from training.common import InputError
from training.measure_export import Config, Size, main, table


@pytest.fixture
def take(tmp_path: Path) -> Path:
    local, root, _ = smooth_motion(3, 2, frames=9)
    return Motion.from_quaternions(local, root, 20.0).save(tmp_path / "take.npz")


def test_the_table_by_hand() -> None:
    sizes = [Size(".a", 30.0, 2600, 0.5), Size(".a", 20.0, 1400, 0.25), Size(".b", 20.0, 0, 0), Size(".b", 30.0, 0, 0)]
    assert table(sizes).splitlines() == [
        "| | 20 fps | 30 fps |",
        "|---|---|---|",
        "| `.a` | 1 kB, 0.25 s | 3 kB, 0.50 s |",
        "| `.b` | 0 kB, 0.00 s | 0 kB, 0.00 s |",
    ]


def test_quick_formats_are_measured(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(Config(motion=take, fps=(20.0, 60.0)))
    rows = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines()[2:]]
    assert {"`.npz`", "`.glb`", "`.bvh`"} <= set(rows)
    assert not {"`.mp4`", "`.json`"} & set(rows)  # one is slow, the other needs to know what the motion was made from


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"formats": (".fbx",)}, "no format .fbx; there are .npz"),
        ({"formats": (".glb",), "fps": (0.0,)}, "frame rate"),
        ({"motion": Path("nowhere.npz")}, "nowhere.npz"),
    ],
)
def test_input_that_cannot_be_used(change: dict, words: str, take: Path) -> None:
    with pytest.raises(InputError, match=words):
        main(Config(**{"motion": take, **change}))
