"""Reading NPZ files that anybody may have made: numbers and texts only, no more of them than one allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


def read_npz(path: str | Path, keys: Collection[str], max_bytes: int | None = None) -> dict[str, np.ndarray]:
    """Those of `keys` that the file has. Never unpickles, and reads nothing else.

    max_bytes: what these arrays may take unpacked. Raises OSError where the file cannot be read, and ValueError with
    the reason for everything that is no such file, is damaged or too large.
    """
    path = Path(path)
    with path.open("rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                wanted = [key for key in keys if key in archive.files]
                unpacked = sum(archive.zip.getinfo(f"{key}.npy").file_size for key in wanted)
                if max_bytes is None or unpacked <= max_bytes:
                    return {key: archive[key] for key in wanted}
        except Exception as error:  # damaged archives raise a dozen kinds: of zip, zlib, numpy and Python's tokenizer
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise ValueError(f"not an NPZ file of plain arrays: {reason}") from error
    raise ValueError(f"its arrays take {unpacked:,} bytes, and {max_bytes:,} are allowed")


def numbers(arrays: Mapping[str, np.ndarray], key: str) -> Tensor:
    """An array as float32. Raises ValueError unless it holds finite real numbers."""
    array = arrays[key]
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{key} must hold numbers, got {array.dtype}")
    with np.errstate(over="ignore"):
        out = torch.from_numpy(array.astype(np.float32))
    if not torch.isfinite(out).all():
        raise ValueError(f"{key} holds numbers that are not finite")
    return out


def scalar(arrays: Mapping[str, np.ndarray], key: str) -> float:
    """A single number, under whatever number of brackets."""
    array = arrays[key]
    if array.dtype.kind not in "fiu" or array.size != 1:
        raise ValueError(f"{key} must be one number, got {array.dtype} of shape {array.shape}")
    return float(array.reshape(()))
