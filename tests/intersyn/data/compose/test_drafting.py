from __future__ import annotations

from math import inf

import numpy as np
import pytest

from intersyn.data.compose.declaration import read_programs
from intersyn.data.compose.drafting import ALWAYS


@pytest.mark.parametrize("name", ["handshake", "wave-to-each-other", "salute"])
def test_delayed_moves_every_time_and_nothing_else(name):
    draft = read_programs()[name].draw(np.random.default_rng(4))
    late = draft.delayed(0.75)
    assert late.duration == pytest.approx(draft.duration + 0.75) and late.moments["start"] == 0.75
    for before, after in zip(draft.reaches + draft.looks, late.reaches + late.looks):
        assert after.when == pytest.approx(tuple(time + 0.75 for time in before.when))
    assert late.key == pytest.approx((draft.key[0] + 0.75, draft.key[1] + 0.75))
    assert [each.until for each in late.approach] == pytest.approx([each.until + 0.75 for each in draft.approach])
    assert [reach.target for reach in late.reaches] == [reach.target for reach in draft.reaches]
    assert draft.delayed(0.0) == draft and late.delayed(1.0).duration == pytest.approx(draft.delayed(1.75).duration)


def test_what_always_is_stays_always():
    draft = read_programs()["handshake"].draw(np.random.default_rng(0)).delayed(2.0)
    assert draft.looks[0].when == ALWAYS == (-inf, -inf, inf, inf)
