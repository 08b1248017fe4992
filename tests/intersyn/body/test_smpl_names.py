"""Which file is found for whom, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from intersyn.body.smpl_files import BodyFileError
from intersyn.body.smpl_names import find_body, gender_of


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    put(tmp_path, "mine.npz", "SMPLX_MALE.npz", "female/model.npz", "basicModel_f_lbs_10_207_0_v1.0.0.pkl")
    assert find_body(tmp_path / "mine.npz", "female") == (tmp_path / "mine.npz", "female")
    assert find_body(str(tmp_path / "SMPLX_MALE.npz"), "neutral")[1] == "male"
    assert find_body(tmp_path / "female/model.npz", "neutral")[1] == "female"
    assert find_body(tmp_path / "basicModel_f_lbs_10_207_0_v1.0.0.pkl", "neutral")[1] == "female"
    assert gender_of(Path("x/basicmodel_m_lbs_10_207_0_v1.1.0.pkl")) == "male"
    assert gender_of(Path("x/formal.npz")) is None


@pytest.mark.parametrize(
    ("names", "gender", "expected"),
    [
        (["SMPL_NEUTRAL.pkl", "SMPL_MALE.pkl"], "male", "SMPL_MALE.pkl"),
        (["smplx/SMPLX_MALE.npz", "smplx/SMPLX_MALE.pkl"], "male", "smplx/SMPLX_MALE.npz"),
        (["smplx/SMPLX_MALE.npz", "smplh/SMPLH_male.pkl"], "male", "smplh/SMPLH_male.pkl"),
        (["models/smplx/SMPLX_NEUTRAL.npz"], "neutral", "models/smplx/SMPLX_NEUTRAL.npz"),
        (["smplh/female/model.npz", "smplh/male/model.npz"], "female", "smplh/female/model.npz"),
        (
            ["smpl/models/basicmodel_m_lbs_10_207_0_v1.1.0.pkl", "smpl/models/basicModel_m_lbs_10_207_0_v1.0.0.pkl"],
            "male",
            "smpl/models/basicmodel_m_lbs_10_207_0_v1.1.0.pkl",
        ),
        (["notes.txt", "other/SMPL_FEMALE.npz", "smplx_female.NPZ"], "female", "smplx_female.NPZ"),
    ],
)
def test_folders(tmp_path: Path, names: list[str], gender: str, expected: str) -> None:
    assert find_body(put(tmp_path, *names), gender) == (tmp_path / expected, gender)


def test_what_is_missing_is_said_with_names_and_places(tmp_path: Path) -> None:
    with pytest.raises(BodyFileError, match=r"no body at .*absent: give .*SMPL_NEUTRAL\.pkl .*smpl\.is\.tue\.mpg\.de"):
        find_body(tmp_path / "absent", "neutral")
    with pytest.raises(BodyFileError, match=r"holds no body: put .*mano\.is\.tue.*smpl-x\.is\.tue\.mpg\.de"):
        find_body(put(tmp_path, "MANO_LEFT.pkl"), "neutral")
    with pytest.raises(BodyFileError, match=r"holds no neutral body, only SMPL_MALE\.pkl \(male\)"):
        find_body(put(tmp_path, "SMPL_MALE.pkl"), "neutral")
    with pytest.raises(ValueError, match="'tall'"):
        find_body(tmp_path, "tall")
