"""The asset is what the stages make, and every shape of it is a body."""

import numpy as np
import pytest

from intersyn.body.default import default_body, rest_joints
from intersyn.body.make.build import ASSET, MadeBody, make_body
from intersyn.body.make.directions import BETA_NAMES
from intersyn.body.make.measure import crossings

# Processors differ in the last bits of powers and sums; rounding in the stages keeps that from growing.
TOLERANCES = {"v_template": 2e-6, "J": 1e-6, "weights": 1e-4, "J_regressor": 1e-4, "shapedirs": 5e-6, "posedirs": 5e-5}


@pytest.mark.slow
def test_the_asset_is_what_the_command_makes():
    made = make_body().arrays()
    with np.load(ASSET, allow_pickle=False) as file:
        assert set(file) == set(made)
        for name in ("f", "kintree_table"):
            np.testing.assert_array_equal(made[name], file[name], err_msg=name)
        for name, tolerance in TOLERANCES.items():
            np.testing.assert_allclose(made[name], file[name], atol=tolerance, rtol=0, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("name", BETA_NAMES)
def test_no_shape_crosses_itself(name):
    body = MadeBody.load(ASSET)
    for beta in (-2.5, 2.5):
        shaped = body.shaped(beta * np.eye(10)[BETA_NAMES.index(name)])
        assert crossings(shaped, body.f) == 0
        moved = np.abs(shaped - body.v_template).max()
        assert 0.005 < moved < 0.25


def test_joints_follow_the_betas():
    taller, longer = rest_joints(np.eye(10)[0]), rest_joints(np.eye(10)[BETA_NAMES.index("legs")])
    rest = rest_joints(np.zeros(10))
    assert np.linalg.norm(taller[4] - taller[1]) / np.linalg.norm(rest[4] - rest[1]) == pytest.approx(1.035, abs=2e-3)
    assert np.linalg.norm(longer[4] - longer[1]) / np.linalg.norm(rest[4] - rest[1]) == pytest.approx(1.05, abs=5e-3)


def test_saving_and_loading(tmp_path):
    body = MadeBody.load(ASSET)
    body.save(tmp_path / "body.npz")
    again = MadeBody.load(tmp_path / "body.npz")
    for name, array in body.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
    assert len(default_body().vertices) == len(body.v_template)
    with np.load(tmp_path / "body.npz") as file:
        arrays = dict(file)
    arrays["v_template"][0] += 0.01
    np.savez(tmp_path / "lopsided.npz", **arrays)
    with pytest.raises(ValueError, match=r"lopsided\.npz is not its own mirror image: \d+\.\d+ mm off"):
        MadeBody.load(tmp_path / "lopsided.npz")
