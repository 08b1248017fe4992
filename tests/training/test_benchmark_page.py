import re

import pytest

pytest.importorskip("playwright.sync_api")

from training.benchmark_page import Config, main


@pytest.mark.slow
def test_figures_of_a_page(tiny_checkpoint, chromium, capfd):
    main(Config(checkpoint=str(tiny_checkpoint), repeats=1, chromium=chromium, width=900, height=600))
    printed = capfd.readouterr().out
    assert len(re.findall(r" {2,}\d+\.\d\d s", printed)) == 4


def test_without_a_browser_it_says_so(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SystemExit, match="No Chromium on the path"):
        main(Config())
