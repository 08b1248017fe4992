"""The root solver: exact there and back, well conditioned, calm under noise, gentle at seams; decoding to Motion."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from intersyn.conditions import PartTable
from intersyn.data.dataset import InterleavedDataset
from intersyn.data.pairs import SyncedPairs
from intersyn.features import SLICES, encode, mask
from intersyn.frames import interaction_frames, with_true_angles
from intersyn.root_solver import SPACING, W_ABS, decode, path_matrix, solve_roots, ties
from intersyn.rotations import heading_of, quaternion_to_matrix, rotate_xz
from intersyn.skeleton import global_rotations, joints_from_global
from intersyn.timeline import Part, Segment, Timeline
from tests.motions import smooth_motion, table, timeline
from tests.synthetic import make_store


def complex_floor(xz: Tensor) -> Tensor:
    return torch.complex(xz[..., 1].double(), xz[..., 0].double())


def misfit(found: Tensor, truth: Tensor) -> Tensor:
    """Distances (P, T) in metres after the one rigid turn and shift of everybody together that fits best."""
    a, b = complex_floor(found), complex_floor(truth)
    turn = ((a - a.mean()).conj() * (b - b.mean())).sum()
    return ((a - a.mean()) * turn / turn.abs() + b.mean() - b).abs()


def noisy(features: Tensor, exists: Tensor, seed: int = 0) -> Tensor:
    """What a trained model does wrong, roughly: places 2 cm and 1 degree off from frame to frame, steps 0.5 mm."""
    generator = torch.Generator().manual_seed(seed)
    sigma = torch.zeros(features.shape[-1])
    for name, value in (("root_xz", 0.02), ("heading", 0.02), ("root_velocity", 5e-4), ("yaw_rate", 5e-4)):
        sigma[SLICES[name]] = value
    return features + sigma * exists * torch.randn(features.shape, generator=generator)


@pytest.mark.parametrize(
    ("pattern", "people", "frames"),
    [("sis", 2, 49), ("sisis", 2, 40), ("iisisis", 2, 30), ("isi", 4, 49), ("sisis", 3, 60), ("i", 2, 60)],
)
def test_there_and_back(pattern: str, people: int, frames: int) -> None:
    parts = table(pattern, people=people, frames=frames)
    local, root, contacts = smooth_motion(1, 1, people, frames=int(parts.length))
    parts = with_true_angles(root[..., ::2], parts)
    heading, place = solve_roots(encode(local, root, contacts, parts), parts)
    assert misfit(place, root[..., ::2]).max() < 1e-4
    truth = heading_of(quaternion_to_matrix(local[..., 0, :]))
    off = heading - truth
    assert torch.cos(off - off[0, 0, 0]).min() > 1 - 1e-6  # one turn for everybody


def test_the_world_is_the_first_interaction_s_frame() -> None:
    parts = table("sis")
    local, root, contacts = smooth_motion(2, 1, 2, frames=120)
    _, place = solve_roots(encode(local, root, contacts, parts), parts)
    torch.testing.assert_close(place[0, 0, 40], -place[0, 1, 40], atol=1e-4, rtol=0)
    assert abs(float(place[0, 0, 40, 0])) < 1e-4
    assert place[0, 0, 40, 1] < 0


def test_two_interactions_are_well_conditioned() -> None:
    """What is factorised (a path), and the least-squares problem of both paths and the second interaction's offset."""
    parts = table("sisis", frames=40)
    known = ties(parts, 200)
    tie = known.tie[0][..., ~known.fixed[0]]  # (P, T, K free)
    assert tie.shape[-1] == 1
    paths = path_matrix(known.tie[0].sum(-1))
    assert torch.linalg.cond(paths).max() < 1e4
    coupling = -W_ABS * tie.flatten(0, 1)
    paths = torch.block_diag(*paths)
    normal = torch.cat((torch.cat((paths, coupling), 1), torch.cat((coupling.T, W_ABS * tie.sum((0, 1)).diag()), 1)))
    assert torch.linalg.cond(normal).sqrt() < 1e3  # a least-squares problem's is the root of its normal matrix's


@pytest.mark.parametrize("pattern", ["sis", "sisis"])
def test_noise_stays_within_a_centimetre(pattern: str) -> None:
    parts = table(pattern, *[pattern] * 7)
    frames = int(parts.length[0])
    local, root, contacts = smooth_motion(3, 8, 2, frames=frames)
    features = encode(local, root, contacts, parts)
    _, place = solve_roots(noisy(features, mask(parts, frames)), parts)
    together = parts.in_interaction(frames)
    errors = torch.stack([misfit(a, b) for a, b in zip(place, root[..., ::2], strict=True)])
    assert errors.mean() < 0.01
    # partners keep their distance better still
    between = (place[:, 0] - place[:, 1]).norm(dim=-1)
    truth = (root[:, 0, :, ::2] - root[:, 1, :, ::2]).norm(dim=-1)
    assert (between - truth).abs()[together[:, 0]].mean() < 0.01


def test_no_snap_at_seams() -> None:
    """Places that disagree with the steps by 30 cm throughout an interaction do not make the path jump at its edges."""
    parts = table("sisis")
    local, root, contacts = smooth_motion(4, 1, 2, frames=200)
    features = encode(local, root, contacts, parts)
    wrong = features.clone()
    wrong[:, 0, 120:160, SLICES["root_xz"].start] += 0.3
    _, place = solve_roots(wrong, parts)
    _, clean = solve_roots(features, parts)
    change = (place - clean)[0]
    step = (change[:, 1:] - change[:, :-1]).norm(dim=-1)
    assert change.norm(dim=-1).max() > 0.05
    assert step.max() < 0.02  # 30 cm are spread, never more than 2 cm in a frame
    assert (step[:, 1:] - step[:, :-1]).abs().max() < 0.005


def test_nobody_meets() -> None:
    """Three people alone stand side by side facing +z and walk what their steps say."""
    parts = table("ss", people=3)
    local, root, contacts = smooth_motion(5, 1, 3, frames=80)
    heading, place = solve_roots(encode(local, root, contacts, parts), parts)
    torch.testing.assert_close(place[0, :, 0, 0], torch.tensor((-SPACING, 0.0, SPACING)), atol=1e-5, rtol=0)
    torch.testing.assert_close(place[0, :, 0, 1], torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(heading[0, :, 0], torch.zeros(3), atol=1e-5, rtol=0)
    truth = heading_of(quaternion_to_matrix(local[..., 0, :]))[0]
    for person in range(3):
        path = root[0, person, :, ::2] - root[0, person, 0, ::2]
        path = rotate_xz(path, -truth[person, 0].expand(80))
        torch.testing.assert_close(place[0, person] - place[0, person, 0], path, atol=1e-4, rtol=0)


def test_two_couples_that_never_meet_keep_a_distance() -> None:
    pair = (Part((0, 3), "they dance"), Part((1, 2), "they talk"))
    alone = tuple(Part((p,), "a person waits") for p in range(4))
    plan = Timeline((Segment(0, 40, alone), Segment(40, 80, pair)))
    parts, _ = PartTable.from_timelines([plan])
    local, root, contacts = smooth_motion(6, 1, 4, frames=80)
    _, place = solve_roots(encode(local, root, contacts, parts), parts)
    for a, b in ((0, 3), (1, 2)):
        assert misfit(place[0, [a, b]], root[0, [a, b]][..., ::2]).max() < 1e-4
    couples = place[0, [0, 3], 0, 0], place[0, [1, 2], 0, 0]
    assert couples[1].min() - couples[0].max() == pytest.approx(SPACING, abs=1e-4)


def test_friends_of_friends_are_connected() -> None:
    """0 meets 1, then 1 meets 2: one world for all three."""
    plan = Timeline(
        (
            Segment(0, 40, (Part((0, 1), "they meet"), Part((2,), "a person waits"))),
            Segment(40, 80, (Part((2, 1), "they talk"), Part((0,), "a person leaves"))),
        )
    )
    parts, _ = PartTable.from_timelines([plan])
    local, root, contacts = smooth_motion(7, 1, 3, frames=80)
    _, place = solve_roots(encode(local, root, contacts, parts), parts)
    assert misfit(place[0], root[0, ..., ::2]).max() < 1e-4


def test_a_batch_is_its_sequences() -> None:
    """Different lengths and different numbers of interactions side by side; the short one stays put after its end."""
    parts = table("sisis", "sis", "ss")
    local, root, contacts = smooth_motion(8, 3, 2, frames=200)
    features = encode(local, root, contacts, parts)
    heading, place = solve_roots(features, parts)
    for b, pattern in enumerate(("sisis", "sis", "ss")):
        frames = 40 * len(pattern)
        alone = table(pattern)
        _, single = solve_roots(features[b : b + 1, :, :frames], alone)
        torch.testing.assert_close(place[b, :, :frames], single[0], atol=1e-4, rtol=0)
        torch.testing.assert_close(
            place[b, :, frames - 1 :], place[b, :, frames - 1 : frames].expand(2, 201 - frames, 2)
        )
    assert heading.shape == (3, 2, 200)


def test_a_window_that_starts_inside_an_interaction() -> None:
    parts = table("sis")
    local, root, contacts = smooth_motion(9, 1, 2, frames=120)
    heading = heading_of(quaternion_to_matrix(local[..., 0, :]))
    frames = interaction_frames(root[..., ::2], heading, parts)
    window = replace(parts, start=parts.start - 60, end=parts.end - 60, length=parts.length - 60)
    features = encode(local[:, :, 60:], root[:, :, 60:], contacts[:, :, 60:], window, frames)
    _, place = solve_roots(features, window)
    assert misfit(place, root[:, :, 60:, ::2]).max() < 1e-4


def test_fused_sequences_come_back() -> None:
    """What training draws: random orders and lengths, windows that cut interactions, poses and places to 1 mm."""
    store = make_store(0, per_action=4)
    sequences = InterleavedDataset(store, [(SyncedPairs(store), 1.0)], seed=0).batch(0, "interleaved", 32)
    parts, lengths = sequences.table, sequences.table.length
    assert (parts.group.amax((1, 2)) >= 1).any()  # two interactions
    assert (parts.start < 0).any()
    features = encode(sequences.rotations, sequences.root, sequences.contacts, parts, sequences.frames)
    truth = joints_from_global(global_rotations(sequences.rotations), sequences.root)
    connected = parts.in_interaction(int(lengths.max())).any(-1).all(-1)
    assert connected.sum() > 16
    for b, (motion, _) in enumerate(decode(features, parts, 20.0)):
        joints, found = truth[b, :, : motion.frames], motion.joints()
        people = [[0, 1]] if connected[b] else [[0], [1]]
        for who in people:
            assert misfit(*(x[who][..., ::2].flatten(1, 2) for x in (found, joints))).max() < 1e-3
        torch.testing.assert_close(found[..., 1], joints[..., 1], atol=1e-4, rtol=0)


def test_gradients_reach_velocities_and_places() -> None:
    parts = table("sisis")
    local, root, contacts = smooth_motion(10, 1, 2, frames=200)
    features = encode(local, root, contacts, parts).requires_grad_()
    heading, place = solve_roots(features, parts)
    (place.square().mean() + heading.cos().mean()).backward()
    assert torch.isfinite(features.grad).all()
    for name in ("root_xz", "heading", "root_velocity", "yaw_rate"):
        assert features.grad[..., SLICES[name]].abs().max() > 0
    assert not features.grad[..., SLICES["positions"]].any()


def test_decode_gives_the_motion_back() -> None:
    """Two interactions: joints of both people within a tenth of a millimetre, up to where the world lies."""
    parts = table("sisis", "sis")
    plans = [timeline("sisis"), timeline("sis")]
    local, root, contacts = smooth_motion(11, 2, 2, frames=200)
    decoded = decode(encode(local, root, contacts, parts), parts, 20.0, plans)
    truth = joints_from_global(global_rotations(local), root)
    for (motion, touching), plan, joints, expected in zip(decoded, plans, truth, contacts, strict=True):
        assert motion.frames == plan.frames
        assert motion.timeline is plan
        assert motion.fps == 20.0
        assert torch.equal(touching, expected[:, : plan.frames])
        joints, found = joints[:, : plan.frames], motion.joints()
        torch.testing.assert_close(found[..., 1], joints[..., 1], atol=1e-4, rtol=0)
        flat = (x[..., ::2].reshape(2, -1, 2) for x in (found, joints))
        assert misfit(*flat).max() < 1e-4


def test_errors_are_named() -> None:
    parts = table("sis")
    with pytest.raises(ValueError, match=r"\(1, 2, 120, 272\)"):
        solve_roots(torch.zeros(1, 2, 120, 272), parts)
    with pytest.raises(ValueError, match="finite"):
        decode(torch.full((1, 2, 120, 273), torch.nan), parts, 20.0)
    with pytest.raises(ValueError, match="timelines"):
        decode(torch.zeros(1, 2, 120, 273), parts, 20.0, [])
