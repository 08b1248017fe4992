import re

import pytest

pytest.importorskip("playwright.sync_api")

from training.benchmark_viewer import Config, main


@pytest.mark.slow
def test_figures_of_one_to_four_panels(tiny_checkpoint, chromium, capfd):
    main(Config(checkpoint=str(tiny_checkpoint), chromium=chromium, pictures=2, width=500, height=400))
    rows = re.findall(r"^ +(\d)  (least|most) +(\d+) +(\d+) +[\d.]+ +[\d.]+$", capfd.readouterr().out, re.MULTILINE)
    assert [(row[0], row[1]) for row in rows] == [(str(n), shown) for n in range(1, 5) for shown in ("least", "most")]
    calls = [int(row[2]) for row in rows]
    assert calls[6] == 4 * calls[0]
    assert all(most > least for least, most in zip(calls[::2], calls[1::2], strict=True))
