"""The OpenGL side: pyrender's context, buffers and passes with this project's own shaders.

pyrender's own shaders take 36 samples of the shadow map per pixel, which is far too slow where a processor draws.
Used in a process of its own (`worker`), which has one context: pyrender's second one would take its display away.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from intersyn.render.camera import Camera
from intersyn.render.gl import import_pyrender

SHADERS = Path(__file__).with_name("shaders")
SHADOW_MAP = 1024  # texels each way
MARGIN = 0.05  # metres round the bodies in the shadow map
BELOW = 4.0  # metres of depth behind the bodies in which the shadow map knows the floor
LIGHT = (-0.45, 0.78, 0.44)  # towards the sun, as the camera sees it: from its left, above, behind it
SUN, SKY = 0.64, (0.36, 0.375, 0.40)
NEAR, FAR = 0.05, 200.0  # metres
FLOOR_COLOUR = (236, 237, 235)


@dataclass(frozen=True)
class Skin:
    """One posed body: corners (V, 6) float32, positions in metres and unit normals; faces (F, 3); an sRGB colour."""

    corners: np.ndarray
    faces: np.ndarray
    colour: tuple[int, int, int]


@dataclass(frozen=True)
class View:
    """What one picture shows: people seen by a camera, on a floor that fades out `reach` metres from `middle` (3,)."""

    camera: Camera
    people: tuple[Skin, ...]
    middle: np.ndarray
    reach: float
    backdrop: tuple[int, int, int]


class Gpu:
    """One context with one scene whose buffers are filled anew for each picture."""

    def __init__(self) -> None:
        self._pyrender = pyrender = import_pyrender()
        self._platform = _platform()
        self._renderer = _renderer(pyrender)
        self._scene = pyrender.Scene(ambient_light=SKY)
        self._camera = self._scene.add(pyrender.PerspectiveCamera(yfov=1.0, znear=NEAR, zfar=FAR))
        self._sun = self._scene.add(pyrender.DirectionalLight(intensity=SUN))
        self._floor = self._scene.add(pyrender.Mesh([_floor(pyrender)]))
        self._renderer.shadowless = self._floor.mesh
        self._people: list[Any] = []  # nodes, in use for as long as the faces and the number of vertices stay

    def draw(self, view: View) -> np.ndarray:
        """The picture (height, width, 3) uint8."""
        self._platform.make_current()
        renderer, scene, camera = self._renderer, self._scene, view.camera
        renderer.viewport_width, renderer.viewport_height = camera.size
        scene.bg_color = np.array((*view.backdrop, 255)) / 255
        self._camera.camera.yfov = 2 * math.atan(camera.size[1] / 2 / camera.focal)
        scene.set_pose(self._camera, _pose(camera.axes * ((1,), (1,), (-1,)), camera.eye))
        scene.set_pose(self._floor, _pose(np.eye(3) * view.reach, view.middle * (1, 0, 1)))
        sun = _sun_axes(camera.axes)
        scene.set_pose(self._sun, _pose(sun, np.zeros(3)))
        renderer.sunlight = _shadow_matrices(sun, view.people)
        self._place(view.people)
        flags = self._pyrender.RenderFlags
        return renderer.render(scene, flags.OFFSCREEN | flags.SHADOWS_DIRECTIONAL)

    def close(self) -> None:
        """Free the context and everything in it."""
        self._platform.make_current()
        self._renderer.delete()
        self._platform.delete_context()

    def _place(self, people: tuple[Skin, ...]) -> None:
        """Fill the buffers that are there, and make new ones where the bodies are others than before."""
        from OpenGL import GL

        for k, skin in enumerate(people):
            node = self._people[k] if k < len(self._people) else None
            primitive = node.mesh.primitives[0] if node is not None else None
            if primitive is None or not _same_mesh(primitive, skin):
                if node is not None:
                    self._scene.remove_node(node)
                    del self._people[k]
                self._people.insert(k, self._scene.add(self._pyrender.Mesh([self._body(skin)])))
            else:
                GL.glBindBuffer(GL.GL_ARRAY_BUFFER, primitive._buffers[0])
                GL.glBufferSubData(GL.GL_ARRAY_BUFFER, 0, skin.corners.nbytes, skin.corners)
            node = self._people[k]
            node.mesh.primitives[0].material.baseColorFactor = _linear(skin.colour)
        for node in self._people[len(people) :]:
            self._scene.remove_node(node)
        del self._people[len(people) :]

    def _body(self, skin: Skin) -> Any:
        return self._pyrender.Primitive(
            positions=skin.corners[:, :3],
            normals=skin.corners[:, 3:],
            indices=skin.faces.astype(np.uint32),
            material=self._pyrender.MetallicRoughnessMaterial(),
        )


def try_out() -> None:
    """Draw a small picture and check it. Raises where that fails, in whatever way the driver fails."""
    gpu = Gpu()
    corners = np.array(((-1, 0, 0), (1, 0, 0), (0, 2, 0)), np.float32)
    skin = Skin(np.hstack((corners, np.tile(np.float32((0, 0, 1)), (3, 1)))), np.array(((0, 1, 2),)), (220, 40, 40))
    camera = Camera.framing(corners, 0.0, (64, 48))
    picture = gpu.draw(View(camera, (skin,), np.zeros(3), 5.0, (240, 242, 243)))
    red, _, blue = picture[24, 32].astype(int)
    if picture.shape != (48, 64, 3) or red - blue < 60:
        raise RuntimeError(f"the test picture is wrong: {picture.shape}, its middle {picture[24, 32]}")


def _same_mesh(primitive: Any, skin: Skin) -> bool:
    """Whether a body can be drawn from the buffers of another."""
    return len(primitive.positions) == len(skin.corners) and np.array_equal(primitive.indices, skin.faces)


def _platform() -> Any:
    """A current context of the back end that the environment names."""
    if os.environ["PYOPENGL_PLATFORM"] == "osmesa":
        from pyrender.platforms.osmesa import OSMesaPlatform

        platform = OSMesaPlatform(16, 16)  # of the window there never is: pictures are drawn into buffers of their own
        platform.init_context()
        platform.make_current()
        return platform
    from pyrender.platforms import egl

    wanted = os.environ.get("EGL_DEVICE_ID")
    devices = [egl.get_device_by_index(int(wanted))] if wanted else egl.query_devices()
    problem: Exception = RuntimeError("no device")
    for device in devices:  # the first may be a graphics card that this user may not use
        try:
            platform = egl.EGLPlatform(16, 16, device=device)
            platform.init_context()
            return platform
        except Exception as error:  # PyOpenGL raises its own kinds, pyrender asserts
            problem = error
    raise problem


def _renderer(pyrender: Any) -> Any:
    """pyrender's renderer with our shaders, a shadow map that spans the people, and colours only read back."""
    from OpenGL import GL
    from pyrender import renderer as module
    from pyrender.shader_program import ShaderProgramCache

    module.SHADOW_TEX_SZ = SHADOW_MAP
    sampler = pyrender.Sampler(magFilter=GL.GL_LINEAR, minFilter=GL.GL_LINEAR)

    class OurRenderer(module.Renderer):
        sunlight: tuple[np.ndarray, np.ndarray]  # view and projection of the shadow map
        shadowless: Any = None

        def _update_context(self, scene: Any, flags: int) -> None:
            for light in scene.lights:
                if light.shadow_texture is None:
                    light.shadow_texture = pyrender.Texture(
                        width=SHADOW_MAP, height=SHADOW_MAP, source_channels="D", data_format=GL.GL_FLOAT,
                        sampler=sampler,
                    )  # fmt: skip
            super()._update_context(scene, flags)

        def _configure_shadow_mapping_viewport(self, light: Any, flags: int) -> None:
            super()._configure_shadow_mapping_viewport(light, flags)
            GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_COMPARE_MODE, GL.GL_COMPARE_REF_TO_TEXTURE)

        def _shadow_mapping_pass(self, scene: Any, light_node: Any, flags: int) -> None:
            self.shadowless.is_visible = False
            super()._shadow_mapping_pass(scene, light_node, flags)
            self.shadowless.is_visible = True

        def _get_light_cam_matrices(self, *_: Any) -> tuple[np.ndarray, np.ndarray]:
            return self.sunlight

        def _read_main_framebuffer(self, scene: Any, flags: int) -> np.ndarray:
            width, height = self._main_fb_dims
            box = (0, 0, width, height)
            GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._main_fb_ms)
            GL.glBindFramebuffer(GL.GL_DRAW_FRAMEBUFFER, self._main_fb)
            GL.glBlitFramebuffer(*box, *box, GL.GL_COLOR_BUFFER_BIT, GL.GL_NEAREST)
            GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._main_fb)
            data = GL.glReadPixels(*box, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
            return np.frombuffer(data, np.uint8).reshape(height, width, 4)[::-1, :, :3]

    renderer = OurRenderer(16, 16)
    renderer._program_cache = ShaderProgramCache(str(SHADERS))
    return renderer


def _floor(pyrender: Any) -> Any:
    """A square of side 2 on the floor; its texture coordinates tell the shader that it is the floor."""
    corners = np.array(((-1, -1), (-1, 1), (1, 1), (1, -1)), np.float32)
    material = pyrender.MetallicRoughnessMaterial(baseColorFactor=_linear(FLOOR_COLOUR), alphaMode="BLEND")
    return pyrender.Primitive(
        positions=np.insert(corners, 1, 0, axis=1),
        normals=np.tile(np.float32((0, 1, 0)), (4, 1)),
        texcoord_0=corners,
        indices=np.array(((0, 1, 2), (0, 2, 3)), np.uint32),
        material=material,
    )


def _linear(colour: tuple[int, int, int]) -> np.ndarray:
    """As the shaders take it, who put the square root on what they draw."""
    return np.array((*((channel / 255) ** 2 for channel in colour), 1.0))


def _pose(axes: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(4, 4) from axes (3, 3), rows x, y and z, and a place (3,)."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = axes.T, place
    return pose


def _sun_axes(camera: np.ndarray) -> np.ndarray:
    """(3, 3) rows right, up and towards the sun, which is always on the camera's left."""
    forward = camera[2] * (1, 0, 1)
    forward /= np.linalg.norm(forward)
    towards = np.array(LIGHT) @ np.stack((camera[0], (0, 1, 0), -forward))
    towards /= np.linalg.norm(towards)
    right = np.cross((0, 1, 0), towards)
    right /= np.linalg.norm(right)
    return np.stack((right, np.cross(towards, right), towards))


def _shadow_matrices(sun: np.ndarray, people: tuple[Skin, ...]) -> tuple[np.ndarray, np.ndarray]:
    """View and orthographic projection (4, 4) of a shadow map that just spans the people."""
    seen = np.concatenate([skin.corners[:, :3] for skin in people]) @ sun.T
    low, high = seen.min(0) - MARGIN, seen.max(0) + MARGIN
    low[2] -= BELOW
    view, projection = np.eye(4), np.eye(4)
    view[:3, :3] = sun
    size = high - low
    projection[[0, 1, 2], [0, 1, 2]] = (2, 2, -2) / size
    projection[:3, 3] = (-1, -1, 1) * (high + low) / size
    return view, projection
