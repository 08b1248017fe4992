from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from training.memory import PeakMemory

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_the_peak_is_seen_after_it_has_gone():
    with PeakMemory() as memory:
        before = memory.gigabytes
        block = np.ones(25_000_000)  # 0.2 GB
        memory.sample()
        del block
    assert memory.gigabytes > before + 0.15


def test_children_count():
    with PeakMemory() as memory:
        before = memory.gigabytes
        code = "import sys; block = bytearray(200_000_000); print('ready', flush=True); sys.stdin.read()"
        child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        memory.sample()
        child.communicate()
    assert memory.gigabytes > before + 0.15
