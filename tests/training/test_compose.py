"""The command that composes a data set: resumable, the same per seed, honest about what it rejects."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.compose.declaration import read_program
from intersyn.data.compose.solver import SolverConfig
from intersyn.data.pairs import SyncedPairs
from intersyn.data.store import COMPOSED, FILE_NAME, ClipStore
from tests.programs import write_program
from tests.recordings import make_people
from training.compose import ComposeConfig, main, wanted

pytestmark = pytest.mark.slow
# so few iterations leave a motion that is not smooth yet
LOOSE = {"contact": 0.2, "skating": 0.05, "jerk": 9e3, "wrist_jerk": 9e3, "head_jerk": 9e3, "pelvis_jerk": 9e3}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mocap")
    make_people().save(folder / FILE_NAME)
    return folder


def config(data: Path, out: Path, programs: Path, **changes) -> ComposeConfig:
    solver = SolverConfig(iterations=15, restart_iterations=6)
    base = ComposeConfig(
        data=data, out=out, programs=programs, per_interaction=2, workers=1, solver=solver, pictures=False
    )
    return replace(base, **changes)


@pytest.fixture(scope="module")
def made(data, tmp_path_factory) -> tuple[Path, Path]:
    """The programs' folder and what came of them."""
    programs, out = tmp_path_factory.mktemp("programs"), tmp_path_factory.mktemp("out")
    write_program(programs, limits=LOOSE)
    main(config(data, out, programs, pictures=True))
    return programs, out


def test_the_store_holds_pairs_with_their_labels(made):
    store = ClipStore.load(made[1])
    assert len(store.clips) == 4
    for clip in store.clips:
        assert clip.source == COMPOSED
        assert clip.split == "train"
        assert clip.touches[0].part == "right_palm"
        assert clip.key[0] <= clip.touches[0].start
        assert len(clip.texts) + len(clip.test_texts) == 12
        assert clip.test_texts
        assert clip.base[0].startswith("bandai/")
    pairs = SyncedPairs(store, sources=(COMPOSED,))
    assert pairs.longest >= 30


def test_pictures_card_and_report_are_there(made):
    names = {path.name for path in (made[1] / "sheets").iterdir()}
    assert names == {"greet.png", "greet-frames.png", "greet.mp4"}
    assert "| greet |" in (made[1] / "README.md").read_text()
    assert (made[1] / "report.json").stat().st_size > 100


def test_a_second_run_reads_what_there_is(made, data, capsys):
    programs, out = made
    kept = {path: path.stat().st_mtime_ns for path in (out / "cache").rglob("*.npz")}
    before = (out / FILE_NAME).read_bytes()
    main(config(data, out, programs))
    assert {path: path.stat().st_mtime_ns for path in (out / "cache").rglob("*.npz")} == kept
    assert (out / FILE_NAME).read_bytes() == before
    assert "greet: " in (told := capsys.readouterr().out)
    assert "% of " in told


def test_the_same_seed_makes_the_same_clips_and_another_one_others(made, data, tmp_path):
    programs, out = made
    main(config(data, tmp_path / "again", programs))
    main(config(data, tmp_path / "other", programs, seed=1))
    first, again, other = (ClipStore.load(folder) for folder in (out, tmp_path / "again", tmp_path / "other"))
    assert torch.equal(first.rotations, again.rotations)
    assert first.rotations.shape != other.rotations.shape or not torch.equal(first.rotations, other.rotations)


def test_a_damaged_or_stale_chunk_is_made_anew(made, data, tmp_path):
    programs, _ = made
    main(config(data, tmp_path, programs))
    before = (tmp_path / FILE_NAME).read_bytes()
    chunk = min((tmp_path / "cache").rglob("*.npz"))
    chunk.write_bytes(chunk.read_bytes()[:200])
    main(config(data, tmp_path, programs))
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_out_of_time_it_writes_what_there_is(made, data, tmp_path):
    programs, out = made
    with pytest.raises(ValueError, match="none of 0"):
        main(config(data, tmp_path, programs, max_minutes=0))
    before = (out / FILE_NAME).read_bytes()
    main(config(data, out, programs, max_minutes=0))
    assert (out / FILE_NAME).read_bytes() == before


def test_a_program_that_never_passes_is_given_up_with_its_reasons(data, tmp_path):
    write_program(tmp_path, limits={"contact": 1e-6})
    with pytest.raises(ValueError, match="contact"):
        main(config(data, tmp_path / "out", tmp_path, per_interaction=1))


def test_unknown_program_is_named(data, tmp_path):
    write_program(tmp_path)
    with pytest.raises(ValueError, match=r"'hug'.*greet"):
        main(config(data, tmp_path / "out", tmp_path, only=("hug",)))


def test_splits_share_what_is_wanted(data, tmp_path):
    counts = wanted(read_program(write_program(tmp_path)), config(data, tmp_path, tmp_path, per_interaction=50))
    assert sum(counts.values()) == 50
    assert counts["test"] >= counts["val"] >= 1
