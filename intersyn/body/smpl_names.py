"""Which file is whose body: the names that SMPL's makers and users give to body files, and where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from intersyn.body.smpl_files import BodyFileError

GENDERS = ("neutral", "male", "female")
_LETTERS = {"n": "neutral", "m": "male", "f": "female"}
# In the order of preference. SMPL's own downloads are called basicmodel_m_lbs_10_207_0_v1.1.0.pkl and the like, AMASS's
# male/model.npz; the others are the names that the smplx package looks for.
_NAMES = (
    re.compile(r".*/smpl_(neutral|male|female)"),
    re.compile(r".*/basicmodel_(neutral|m|f)_lbs_.*"),
    re.compile(r".*/smplh_(neutral|male|female)"),
    re.compile(r"(neutral|male|female)/model"),
    re.compile(r".*/smplx_(neutral|male|female)(_2020)?"),
)
_SUFFIXES = (".npz", ".pkl")
_FOLDERS = {"smpl", "smplh", "smplx", "models", "body_models", *GENDERS}  # those that are looked into
_DEPTH = 3
WHERE = (
    "SMPL_NEUTRAL.pkl (from smpl.is.tue.mpg.de), SMPLH_MALE.pkl (mano.is.tue.mpg.de) "
    "or SMPLX_FEMALE.npz (smpl-x.is.tue.mpg.de)"
)


def find_body(source: str | Path, gender: str) -> tuple[Path, str]:
    """The body file that `source` names or, being a folder, holds for this gender; and the gender of that file.

    A file keeps the gender that its name or folder says, whatever was asked for. In a folder SMPL comes before SMPL-H
    before SMPL-X, NPZ before pickle, and a later version before an earlier one. Raises `BodyFileError` where there is
    none, `ValueError` for another gender.
    """
    if gender not in GENDERS:
        raise ValueError(f"gender must be neutral, male or female, got {gender!r}")
    source = Path(source).expanduser()
    if source.is_file():
        return source, gender_of(source) or gender
    if not source.is_dir():
        raise BodyFileError(f"There is no body at {source}: give the path of {WHERE}, or of a folder with such files.")
    try:
        found = sorted(_bodies(source, _DEPTH), key=lambda entry: entry[1].name, reverse=True)
    except OSError as error:
        raise BodyFileError(f"{error.filename or source} cannot be read: {error.strerror or error}.") from error
    found.sort(key=lambda entry: entry[0])
    for _, path, whose in found:
        if whose == gender:
            return path, whose
    if found:
        names = ", ".join(f"{path.name} ({whose})" for _, path, whose in found)
        raise BodyFileError(f"{source} holds no {gender} body, only {names}: ask for one of these.")
    raise BodyFileError(f"{source} holds no body: put {WHERE} there.")


def gender_of(path: Path) -> str | None:
    """What the name of a body file, or of the folder it is in, says about its gender."""
    for word in re.split(r"[^a-z]+", path.stem.lower()) + [path.parent.name.lower()]:
        if (whose := _LETTERS.get(word, word)) in GENDERS:
            return whose
    return None


def _bodies(folder: Path, depth: int) -> Iterator[tuple[tuple[int, int], Path, str]]:
    """Bodies by their usual names: their places in the order of names and of suffixes, the file, and its gender."""
    for path in folder.iterdir():
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            for rank, pattern in enumerate(_NAMES):
                if match := pattern.fullmatch(f"{folder.name}/{path.stem}".lower()):
                    yield (rank, _SUFFIXES.index(path.suffix.lower())), path, _LETTERS.get(match[1], match[1])
        elif depth > 1 and path.name.lower() in _FOLDERS and path.is_dir():
            yield from _bodies(path, depth - 1)
