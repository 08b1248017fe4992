"""The process that draws, and how it is spoken to.

A driver may crash, hang, or bring libraries that quarrel with those of other packages: Mesa loads a libLLVM, after
which importing triton (which torch does now and then) ends the process. So OpenGL lives in a process of its own, which
reads views from its standard input and answers with pictures.
"""

from __future__ import annotations

import os
import sys
from typing import IO

import numpy as np

from intersyn.body.browser import pack_arrays, unpack_arrays
from intersyn.render.camera import Camera
from intersyn.render.gpu import Gpu, Skin, View

LENGTH = 8  # bytes before each message: how long it is


def main() -> None:
    """Answer until the input ends, or until drawing fails: the next process starts afresh."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever drivers print must not get between the answers
    gpu = Gpu()
    while (message := receive(sys.stdin.buffer)) is not None:
        try:
            picture = gpu.draw(unpack_view(message))
        except Exception as error:  # PyOpenGL raises its own kinds
            words = " ".join(str(error).split())[:160] or type(error).__name__
            send(answers, pack_arrays({}, {"error": words}))
            return
        send(answers, pack_arrays({"picture": np.ascontiguousarray(picture)}))


def send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(LENGTH, "little"))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next message, or None where the stream ends."""
    length = int.from_bytes(stream.read(LENGTH), "little")
    message = stream.read(length)
    return message if length and len(message) == length else None


def pack_view(view: View) -> bytes:
    """A view as bytes; `unpack_view` is the inverse."""
    arrays, camera = {}, view.camera
    for k, skin in enumerate(view.people):
        arrays[f"corners{k}"] = skin.corners.astype(np.float32, copy=False)
        arrays[f"faces{k}"] = skin.faces.astype(np.uint32)
    facts = {
        "eye": camera.eye.tolist(),
        "axes": camera.axes.tolist(),
        "focal": camera.focal,
        "size": camera.size,
        "colours": [skin.colour for skin in view.people],
        "middle": np.asarray(view.middle, np.float64).tolist(),
        "reach": view.reach,
        "backdrop": view.backdrop,
    }
    return pack_arrays(arrays, facts)


def unpack_view(message: bytes) -> View:
    arrays, facts = unpack_arrays(message)
    camera = Camera(np.array(facts["eye"]), np.array(facts["axes"]), facts["focal"], tuple(facts["size"]))
    people = tuple(
        Skin(arrays[f"corners{k}"], arrays[f"faces{k}"], tuple(colour)) for k, colour in enumerate(facts["colours"])
    )
    return View(camera, people, np.array(facts["middle"]), facts["reach"], tuple(facts["backdrop"]))
