from __future__ import annotations

import torch

from intersyn.data.keys import MAX_KEY_FRAMES, key_interval
from intersyn.skeleton import JOINT, REST_JOINTS


def _clip(frames=80):
    return REST_JOINTS.repeat(frames, 1, 1).clone()


def _bump(frames, middle, width):
    return torch.exp(-(((torch.arange(frames) - middle) / width) ** 2))


def test_the_raised_hand_is_in_the_key():
    joints = _clip()
    joints[:, JOINT["right_wrist"], 1] += 0.8 * _bump(80, 55, 5)
    joints[:, JOINT["left_wrist"], 1] += 0.9 * _bump(80, 20, 5)  # the other hand is not what the label is about
    start, end = key_interval("raise-up-right-hand", joints)
    assert start <= 55 < end and start > 45 and end < 65


def test_the_kick_the_punch_and_the_bow_are_found():
    kick = _clip()
    kick[:, JOINT["left_ankle"], 1] += 0.7 * _bump(80, 30, 4)
    start, end = key_interval("kick", kick)
    assert start <= 30 < end
    punch = _clip()
    punch[40:, JOINT["right_wrist"], 2] += 0.5
    start, end = key_interval("punch", punch)
    assert start <= 39 < end
    bow = _clip()
    bow[:, JOINT["neck"], 2] += 0.6 * _bump(80, 50, 8)
    start, end = key_interval("bow", bow)
    assert start <= 50 < end


def test_a_long_hold_is_cut_about_its_peak():
    joints = _clip()
    joints[10:70, JOINT["left_wrist"], 1] += 0.8
    joints[33, JOINT["left_wrist"], 1] += 0.01
    start, end = key_interval("raise-up-left-hand", joints)
    assert end - start == MAX_KEY_FRAMES and start <= 33 < end


def test_walking_has_no_key():
    assert key_interval("walk", _clip()) is None
