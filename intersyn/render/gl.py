"""Which OpenGL there is to draw with, and what pyrender needs to run on it.

A driver can fail in ways that end the process, so each way of getting a context is tried, and used, in another process.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import types
from functools import cache
from pathlib import Path

BACKENDS = ("egl", "osmesa")  # in order of preference: OSMesa cannot use a graphics card, and newer Mesa drops it
PATIENCE = 120.0  # seconds for one attempt, or one picture: machines may be very busy
PACKAGES = "libegl1 libgl1 libgl1-mesa-dri"
ROOT = Path(__file__).resolve().parents[2]


class RenderError(RuntimeError):
    """A picture that could not be drawn; the message is one sentence for the user."""


def gl_backend() -> str | None:
    """ "egl", "osmesa", or None where nothing can be drawn. Seconds on the first call, then remembered."""
    return _probe()[0]


def gl_problem() -> str | None:
    """Why there is no OpenGL and what to do, in one sentence for users; None where there is one."""
    return _probe()[1]


def require_gl() -> str:
    """The back end. Raises `RenderError` where there is none."""
    backend, problem = _probe()
    if backend is None:
        raise RenderError(problem)
    return backend


def python_with(backend: str, code: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of another Python that runs `code` of this package on a back end."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return [sys.executable, "-c", code], {**os.environ, "PYOPENGL_PLATFORM": backend, "PYTHONPATH": path}


@cache
def _probe() -> tuple[str | None, str | None]:
    """The first back end that draws, and otherwise the sentence that says why none does."""
    wanted = os.environ.get("PYOPENGL_PLATFORM")
    if wanted not in (None, "", *BACKENDS):
        return None, f"PYOPENGL_PLATFORM is {wanted!r}, but pictures are drawn with {' or '.join(BACKENDS)} only."
    reasons = []
    for backend in (wanted,) if wanted else BACKENDS:
        reason = _attempt(backend)
        if reason is None:
            return backend, None
        reasons.append(f"{'EGL' if backend == 'egl' else 'OSMesa'}: {reason}")
    return None, (
        f"Videos and pictures need OpenGL, which this computer does not offer without a screen: install {PACKAGES} "
        f"(Debian and Ubuntu) or export another format ({'; '.join(reasons)})."
    )


def _attempt(backend: str) -> str | None:
    """None if another process drew a picture with it, otherwise the reason in a few words."""
    command, environment = python_with(backend, "from intersyn.render.gpu import try_out; try_out()")
    try:
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE:g} s"
    except OSError as error:
        return error.strerror or str(error)
    if run.returncode == 0:
        return None
    said = run.stderr.strip().splitlines()
    return said[-1][:160].rstrip(".") if said else f"ended with code {run.returncode}"


def import_pyrender() -> types.ModuleType:
    """pyrender 0.1.45, made to run on numpy 2 and without a screen. `PYOPENGL_PLATFORM` must be set before."""
    import numpy as np

    if not hasattr(np, "infty"):
        np.infty = np.inf  # noqa: NPY201  (pyrender's name for it, which numpy 2 dropped)
    if "pyrender" not in sys.modules:
        viewer = types.ModuleType("pyrender.viewer")  # the real one opens a window through pyglet when imported
        viewer.Viewer = None
        sys.modules["pyrender.viewer"] = viewer
    from OpenGL.plugins import FormatHandler

    # The type of ctypes.byref(...) has moved to another module since PyOpenGL 3.1.0, which looks it up by that name.
    reference = type(ctypes.byref(ctypes.c_int()))
    FormatHandler(
        "ctypes reference",
        "OpenGL.arrays.ctypesparameters.CtypesParameterHandler",
        [f"{reference.__module__}.{reference.__name__}"],
    )
    if os.environ.get("PYOPENGL_PLATFORM") == "osmesa":
        _complete_osmesa()
    import pyrender

    return pyrender


def _complete_osmesa() -> None:
    """Give PyOpenGL 3.1.0 the calls of OSMesa that pyrender makes and it lacks: contexts of a chosen version."""
    import numpy as np
    import OpenGL.osmesa as osmesa
    import OpenGL.platform as platform

    if hasattr(osmesa, "OSMesaCreateContextAttribs"):
        return
    library = ctypes.CDLL("libOSMesa.so.8")
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    create, current = library.OSMesaCreateContextAttribs, library.OSMesaGetCurrentContext
    create.restype, create.argtypes = pointer, [pointer, pointer]
    current.restype, current.argtypes = pointer, []
    make, destroy = library.OSMesaMakeCurrent, library.OSMesaDestroyContext
    make.restype, make.argtypes = ctypes.c_ubyte, [pointer, pointer, ctypes.c_uint, integer, integer]
    destroy.restype, destroy.argtypes = None, [pointer]
    constants = {"FORMAT": 0x22, "RGBA": 0x1908, "DEPTH_BITS": 0x30, "PROFILE": 0x33, "CORE_PROFILE": 0x34}
    constants |= {"CONTEXT_MAJOR_VERSION": 0x36, "CONTEXT_MINOR_VERSION": 0x37}
    for name, value in constants.items():
        setattr(osmesa, f"OSMESA_{name}", value)
    osmesa.OSMesaCreateContextAttribs = lambda attributes, shared: create(
        np.ascontiguousarray(attributes, np.int32).ctypes.data, shared
    )
    osmesa.OSMesaMakeCurrent = lambda context, buffer, kind, width, height: make(
        context, buffer.ctypes.data, int(kind), width, height
    )
    osmesa.OSMesaDestroyContext = destroy
    # PyOpenGL asks its platform, not the osmesa module, which context is current.
    platform.PLATFORM.__dict__["GetCurrentContext"] = current
    platform.GetCurrentContext = current
