from __future__ import annotations

from collections import Counter

from intersyn.data.splits import assign_splits


def test_a_recordings_split_does_not_depend_on_the_others():
    many = assign_splits({f"take{k}": None for k in range(400)}, "bandai")
    some = assign_splits({f"take{k}": None for k in range(0, 400, 3)}, "bandai")
    assert all(many[name] == split for name, split in some.items())
    counts = Counter(many.values())
    assert 340 < counts["train"] < 380 and counts["test"] > 10 and counts["val"] > 5


def test_a_small_source_has_something_on_each_side():
    for count in (3, 12, 49):
        splits = assign_splits({f"{k:02d}": None for k in range(count)}, "salsa")
        assert set(splits.values()) == {"train", "val", "test"}
        assert splits == assign_splits({f"{k:02d}": None for k in reversed(range(count))}, "salsa")


def test_fewer_than_three_recordings_are_for_training():
    assert set(assign_splits({"a": None, "b": None}, "salsa").values()) == {"train"}


def test_a_fixed_split_is_kept():
    recordings = {f"take{k}": "test" if k % 10 == 0 else None for k in range(100)}
    splits = assign_splits(recordings, "bandai")
    assert all(splits[f"take{k}"] == "test" for k in range(0, 100, 10))
    assert "train" in splits.values()
