"""What the sliders mean, on the project's own body and on others."""

from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
import torch

from app.bodies import BUILD_REACH, HEIGHT_REACH, Sliders, measure, served_body
from intersyn.body.default import default_arrays
from intersyn.body.model import load_body_model
from intersyn.body.smpl_files import BodyFileError
from intersyn.motion import Motion
from intersyn.skeleton import PARENTS


@pytest.fixture(scope="module")
def sliders() -> Sliders:
    return measure(default_arrays(), "")


def motion(people: int = 2) -> Motion:
    return Motion(torch.zeros(people, 3, 22, 3), torch.zeros(people, 3, 3), torch.zeros(people, 10), 20.0)


def test_a_height_in_centimetres_is_the_bodys_height(sliders):
    dressed = sliders.dress(motion(), [182, 0, 162, 0])
    model = load_body_model()
    heights = [100 * np.ptp(model.rest(betas).vertices[:, 1]) for betas in dressed.betas]
    np.testing.assert_allclose(heights, [182, 162], atol=0.5)


def test_a_fuller_build_weighs_more_whatever_the_sign_of_the_beta(sliders):
    body = default_arrays()
    turned = measure(replace(body, shape=-body.shape), "")
    assert (sliders.fuller, turned.fuller) == (1, -1)
    assert turned.growth == pytest.approx(-sliders.growth, rel=0.05)
    stocky = [round(sliders.height) + 5, 2.0, round(sliders.height), 0.0]
    assert turned.betas(stocky)[0][0] < 0 < sliders.betas(stocky)[0][0]
    assert turned.betas(stocky)[0][1] == -2.0


def test_the_two_figures_differ_in_flesh_and_not_in_bones(sliders):
    model = load_body_model()
    bodies = [model.rest(betas) for betas in sliders.figures(motion()).betas]
    assert np.linalg.norm(bodies[0].vertices - bodies[1].vertices, axis=1).max() > 0.01
    for body in bodies:
        bones = np.linalg.norm(body.joints[1:] - body.joints[list(PARENTS[1:])], axis=1)
        middle = model.rest()
        ours = np.linalg.norm(middle.joints[1:] - middle.joints[list(PARENTS[1:])], axis=1)
        np.testing.assert_allclose(bones, ours, atol=1.5e-3)
        assert np.ptp(body.vertices[:, 1]) == pytest.approx(np.ptp(middle.vertices[:, 1]), abs=1e-3)


def test_a_servers_own_body_gets_no_figures_made_for_ours():
    assert not measure(default_arrays(), "SMPL neutral").figures(motion()).betas.any()


def test_dressing_changes_two_betas_of_two_people(sliders):
    worn = sliders.figures(motion(3))
    dressed = sliders.dress(worn, [180, 1, None, None])
    assert torch.equal(dressed.betas[:, 2:], worn.betas[:, 2:])
    assert not dressed.betas[1:, :2].any(), "an emptied field is the middle"
    assert dressed.betas[0, 1] == 1
    assert sliders.values(dressed.betas.tolist()) == [180, 1.0, round(sliders.height), 0.0]
    assert sliders.dress(motion(1), sliders.middle).num_people == 1


def test_sliders_cannot_be_overdrawn(sliders):
    middle = round(sliders.height)
    wild = sliders.dress(motion(), [1000, -50, 0, 50])
    assert sliders.values(wild.betas.tolist()) == [
        middle + HEIGHT_REACH,
        -BUILD_REACH,
        middle - HEIGHT_REACH,
        BUILD_REACH,
    ]


def test_the_environment_names_the_body(monkeypatch, tmp_path):
    monkeypatch.delenv("INTERSYN_BODY", raising=False)
    assert served_body()[1] == ""
    with (
        resources.as_file(resources.files("intersyn.body") / "mannequin.npz") as ours,
        monkeypatch.context() as patch,
    ):
        patch.setenv("INTERSYN_BODY", str(ours))
        body, name = served_body()
        assert name == "SMPL neutral", "whatever is in the file, it was named"
        assert measure(body, name).height == pytest.approx(measure(default_arrays(), "").height)
    monkeypatch.setenv("INTERSYN_BODY", str(tmp_path / "absent.npz"))
    with pytest.raises(BodyFileError, match="absent"):
        served_body()
