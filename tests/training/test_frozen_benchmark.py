"""The frozen benchmark: written and read back, refused with other data, the same when frozen again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from intersyn.data.store import ClipStore
from intersyn.data.text_classes import TextClasses
from training import freeze_benchmark
from training.common import InputError
from training.freeze_benchmark import BLOCK, OTHERS
from training.frozen_benchmark import FOLDER, Benchmark, check_data, clip_names, weights_hash


def test_a_frozen_file_comes_back(frozen: Path, tmp_path: Path) -> None:
    benchmark = Benchmark.load(frozen / "interleaved-test.json")
    again = benchmark.save(tmp_path / "again.json")
    assert Benchmark.load(again) == benchmark
    assert again.read_bytes() == (frozen / "interleaved-test.json").read_bytes()


def test_sequences_have_the_patterns_and_words_of_the_benchmark(frozen: Path, benchmark_data: Path) -> None:
    benchmark = Benchmark.load(frozen / "interleaved-test.json")
    store = ClipStore.load(benchmark_data, ("test",))
    held_out = {text for clip in store.clips for text in clip.texts} - {t for c in store.clips for t in c.test_texts}
    classes = TextClasses(store.clips)
    assert len(benchmark.sequences) == len(benchmark.references) == 20 and len(set(benchmark.seeds)) == 20
    for k, entry in enumerate(benchmark.sequences):
        wanted = BLOCK[k % len(BLOCK)]
        assert entry.pattern == wanted or (wanted == "other" and entry.pattern in OTHERS)
        texts = {part.text for segment in entry.timeline.segments for part in segment.parts}
        assert not texts & held_out
        plain, told = (line.segments[entry.exchange.segment].parts[entry.exchange.part].text
                       for line in (entry.timeline, entry.exchanged))  # fmt: skip
        assert not classes.of(plain) & classes.of(told)
    assert all(entry.exchange is None for entry in benchmark.references)


def test_freezing_again_gives_the_same_and_judges_can_change_alone(
    frozen: Path, benchmark_data: Path, judges: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copy(frozen / "interleaved-test.json", tmp_path)
    config = freeze_benchmark.Config((benchmark_data,), out=tmp_path, test=20, val=4, paired_solos=40)
    freeze_benchmark.main(config)
    plain, first = (Benchmark.load(folder / "interleaved-test.json") for folder in (tmp_path, frozen))
    assert plain.judges == {"evaluator": None, "detector": None}
    assert replace(plain, judges=first.judges) == first
    freeze_benchmark.main(replace(config, data=(), detector=judges["detector"]))
    named = Benchmark.load(tmp_path / "interleaved-test.json")
    assert named.judges["evaluator"] is None
    assert named.judges["detector"] == {"sha256": weights_hash(judges["detector"]), "steps": 1}
    assert named.sequences == first.sequences
    with pytest.raises(InputError, match="nothing to freeze"):
        freeze_benchmark.main(replace(config, data=()))


def test_other_data_are_refused(frozen: Path, benchmark_data: Path) -> None:
    path = frozen / "interleaved-test.json"
    benchmark, store = Benchmark.load(path), ClipStore.load(benchmark_data, ("test",))
    check_data(benchmark, store, path)
    with pytest.raises(InputError, match="frozen on other clips"):
        check_data(benchmark, replace(store, root=store.root + 0.01), path)
    with pytest.raises(InputError, match="that the data lack"):
        check_data(benchmark, replace(store, clips=store.clips[:3]), path)


def test_what_is_no_benchmark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no benchmark .*freeze_benchmark"):
        Benchmark.load(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text(json.dumps({"format": "something"}))
    with pytest.raises(InputError, match="something"):
        Benchmark.load(tmp_path / "bad.json")


def test_the_files_of_the_repository_hold_what_the_protocol_says() -> None:
    test, val = (Benchmark.load(FOLDER / f"interleaved-{split}.json") for split in ("test", "val"))
    assert (test.split, val.split) == ("test", "val")
    assert [len(b.sequences) for b in (test, val)] == [len(b.references) for b in (test, val)] == [2048, 512]
    assert not clip_names(test.sequences) & clip_names(val.sequences)
    patterns = [entry.pattern for entry in test.sequences]
    assert [patterns.count(name) for name in ("sis", "sisi", "sisis")] == [768, 384, 384]
    assert all(40 <= entry.timeline.frames <= 196 for entry in (*test.sequences, *val.sequences))
