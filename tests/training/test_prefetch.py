"""Batches drawn ahead are the same batches, in order, and errors reach the caller."""

import threading
import time

import pytest
import torch

from training.prefetch import Prefetch

CPU = torch.device("cpu")


@pytest.mark.parametrize("ahead", [True, False])
def test_every_step_gets_its_own_batch(ahead):
    batches = Prefetch(lambda step: step * step, 3, 7, CPU, ahead)
    assert [batches(step) for step in range(3, 7)] == [9, 16, 25, 36]
    batches.close()


def test_the_next_batch_is_drawn_while_this_one_is_used():
    drawn: list[int] = []
    second = threading.Event()

    def draw(step: int) -> int:
        drawn.append(step)
        if step == 1:
            second.set()
        return step

    batches = Prefetch(draw, 0, 5, CPU)
    assert batches(0) == 0
    assert second.wait(5) and 2 not in drawn  # one ahead, not more
    batches.close()
    assert drawn == [0, 1]


def test_waiting_is_counted():
    batches = Prefetch(lambda step: time.sleep(0.05), 0, 2, CPU, ahead=False)
    batches(0)
    assert batches.waited >= 0.05


def test_an_error_is_raised_where_the_batch_is_asked_for():
    def draw(step: int) -> int:
        if step == 1:
            raise ValueError("no such clip")
        return step

    batches = Prefetch(draw, 0, 3, CPU)
    assert batches(0) == 0
    with pytest.raises(ValueError, match="no such clip"):
        batches(1)
    batches.close()


def test_steps_are_asked_for_in_order():
    batches = Prefetch(lambda step: step, 0, 3, CPU)
    with pytest.raises(ValueError, match="the next batch is 0, not 2"):
        batches(2)
    batches.close()
