"""Every parameter of the default body but its outline, which is in `figure`: one dataclass per stage.

Metres and degrees, in the figure's frame: soles at y = 0, x to the person's left, z to the front. Where joints are
named without a side, both sides are meant; what is placed is placed on the left side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from intersyn.body.make.figure import FIGURE
from intersyn.body.make.primitives import Vector
from intersyn.body.make.shape import Figure

Plane = tuple[float, float, float, float]  # (a, b, c, d): all points with a x + b y + c z > d
Range = tuple[float, float]


@dataclass(frozen=True)
class Zone:
    """An ellipsoid in which triangles are finer.

    edge: length of their edges. fade: in how many squared radii they grow to the common size outside.
    """

    centre: Vector
    radii: Vector
    edge: float
    fade: float = 1.5


@dataclass(frozen=True)
class MeshConfig:
    """low, high: a box round the left half. cell: of the grid that the first mesh comes from. edge: of triangles."""

    low: Vector = (0.0, -0.05, -0.20)
    high: Vector = (0.95, 1.80, 0.28)
    cell: float = 0.0075
    edge: float = 0.0215
    zones: tuple[Zone, ...] = (
        Zone((0.800, 1.400, 0.000), (0.100, 0.060, 0.090), 0.0098, 1.0),  # hand
        Zone((0.450, 1.400, -0.026), (0.050, 0.060, 0.060), 0.0140),  # elbow
        Zone((0.165, 1.380, -0.020), (0.080, 0.090, 0.090), 0.0155),  # shoulder
        Zone((0.040, 1.620, 0.000), (0.080, 0.130, 0.110), 0.0140),  # head
        Zone((0.020, 1.590, 0.100), (0.040, 0.055, 0.040), 0.0072),  # face
        Zone((0.000, 1.566, 0.108), (0.026, 0.024, 0.020), 0.0052),  # mouth
        Zone((0.080, 1.606, -0.004), (0.015, 0.034, 0.024), 0.0065),  # ear
        Zone((0.090, 0.850, 0.000), (0.100, 0.080, 0.100), 0.0165),  # hip
        Zone((0.000, 0.820, 0.000), (0.040, 0.040, 0.050), 0.0125),  # crotch
        Zone((0.097, 0.480, 0.000), (0.070, 0.080, 0.070), 0.0150),  # knee
        Zone((0.100, 0.030, 0.040), (0.060, 0.070, 0.140), 0.0130),  # foot
    )
    rounds: int = 8
    relaxations: int = 3  # of the vertices along the surface, in every round
    projections: int = 2  # onto the surface, after every relaxation
    relaxation: float = 0.6


@dataclass(frozen=True)
class Region:
    """Where a joint owns the skin: beyond all its planes, if no later region has the place."""

    joint: str
    planes: tuple[Plane, ...]


@dataclass(frozen=True)
class Tight:
    """A place where borders between joints are blurred less, by `amount` (a share) at its centre."""

    centre: Vector
    radius: float
    amount: float


_ARM: tuple[Plane, ...] = ((1, 0.30, 0, 0.5955), (1, -0.12, 0, 0.0096), (0, 1, 0, 1.27), (1, 0, 0, 0.12))
_LEG: tuple[Plane, ...] = ((0.50, -1, 0.22, -0.837),)


@dataclass(frozen=True)
class WeightConfig:
    """widths: by joint, over which its border is blurred; reach: how far from a joint its width counts."""

    regions: tuple[Region, ...] = (
        Region("pelvis", ()),
        Region("spine1", ((0, 1, 0, 1.075),)),
        Region("spine2", ((0, 1, 0, 1.195),)),
        Region("spine3", ((0, 1, 0, 1.275),)),
        Region("collar", ((1, 0, 0, 0.072), (0, 1, 0, 1.378), (0.30, 1, 0, 1.426))),
        Region("neck", ((0, 1, 0.35, 1.4543), (-1, 0, 0, -0.085), (0, 1, 0, 1.40))),
        Region("head", ((0, 1, 0.60, 1.545), (0, 1, 0, 1.485))),
        Region("shoulder", _ARM),
        Region("elbow", (*_ARM, (1, 0, 0, 0.450))),
        Region("wrist", (*_ARM, (1, 0, 0, 0.700))),
        Region("hand", (*_ARM, (1, 0, 0, 0.785), (0, 0, -1, -0.02))),  # not the thumb
        Region("hand", (*_ARM, (1, 0, 0, 0.830))),
        Region("hip", _LEG),
        Region("knee", (*_LEG, (0, -1, 0, -0.480))),
        Region("ankle", (*_LEG, (0, -1, 0.30, -0.0864))),
        Region("foot", (*_LEG, (0, -1, 0.30, -0.0864), (0, 0, 1, 0.092))),
    )
    widths: dict[str, float] = field(
        default_factory=lambda: {
            "pelvis": 0.045,
            "spine1": 0.050,
            "spine2": 0.050,
            "spine3": 0.050,
            "neck": 0.026,
            "head": 0.022,
            "collar": 0.040,
            "shoulder": 0.044,
            "elbow": 0.028,
            "wrist": 0.018,
            "hand": 0.018,
            "hip": 0.046,
            "knee": 0.030,
            "ankle": 0.021,
            "foot": 0.016,
        }  # fmt: skip
    )
    reach: float = 0.075
    tight: tuple[Tight, ...] = (Tight((0.165, 1.325, -0.018), 0.060, 0.55),)  # the armpit
    steps: int = 4
    influences: int = 4
    least: float = 0.004


@dataclass(frozen=True)
class Fold:
    """Where two bones close like scissors: the skin between them is pressed flat, `gap` from the plane halfway."""

    joint: str
    gap: float
    fade: float  # from the crease outwards, over which the pressing sets in
    importance: float  # by how much closed poses count more than open ones
    reach: float  # from the joint


@dataclass(frozen=True)
class CorrectiveConfig:
    """What pose correctives are fitted to.

    ranges: degrees about x, y and z in which left and middle joints turn. spacing: between the poses tried, at most.
    mix: how far from linear blend skinning to dual quaternions. ridge: keeps coefficients small. softest: how far skin
    may be squeezed before a correction in the posed body is no longer followed back to rest. grid: coefficients are
    multiples of it.
    """

    ranges: dict[str, tuple[Range, Range, Range]] = field(
        default_factory=lambda: {
            "hip": ((-125, 40), (-40, 40), (-25, 55)),
            "knee": ((0, 145), (-15, 15), (-8, 8)),
            "ankle": ((-45, 40), (-20, 20), (-20, 20)),
            "foot": ((-20, 50), (0, 0), (0, 0)),
            "spine1": ((-20, 40), (-25, 25), (-20, 20)),
            "spine2": ((-20, 40), (-25, 25), (-20, 20)),
            "spine3": ((-15, 30), (-20, 20), (-15, 15)),
            "neck": ((-30, 40), (-40, 40), (-25, 25)),
            "head": ((-30, 30), (-50, 50), (-25, 25)),
            "collar": ((-15, 15), (-25, 25), (-20, 35)),
            "shoulder": ((-70, 70), (-100, 50), (-85, 80)),
            "elbow": ((-45, 60), (-145, 5), (-20, 20)),
            "wrist": ((-70, 70), (-40, 40), (-70, 70)),
            "hand": ((0, 0), (0, 0), (-40, 80)),
        }
    )
    spacing: float = 20.0
    mix: float = 0.6
    ridge: float = 3e-3
    softest: float = 0.45
    folds: tuple[Fold, ...] = (Fold("knee", 0.002, 0.03, 1.0, 0.20), Fold("elbow", 0.002, 0.02, 0.0, 0.12))
    grid: float = 2.0**-17  # a power of two keeps files small


@dataclass(frozen=True)
class ShapeConfig:
    """Shares of lengths per unit of beta unless said otherwise; heights are y of smooth steps."""

    height: float = 0.035
    weight: dict[str, float] = field(
        default_factory=lambda: {
            "hip": 0.075,
            "knee": 0.075,
            "shoulder": 0.075,
            "elbow": 0.075,
            "pelvis": 0.09,
            "spine1": 0.10,
            "spine2": 0.09,
            "spine3": 0.07,
            "neck": 0.05,
            "collar": 0.03,
            "head": 0.015,
            "ankle": 0.03,
            "wrist": 0.03,
        }  # fmt: skip
    )
    legs: float = 0.05
    arms: float = 0.05
    torso: float = 0.05
    shoulders: dict[str, float] = field(default_factory=lambda: {"collar": 0.05, "shoulder": 0.09})
    shoulder_girth: float = 0.03
    hip_rise: Range = (0.55, 0.90)
    hip_fall: Range = (0.95, 1.15)
    hip_width: float = 0.08
    hip_depth: float = 0.06
    hip_joints: float = 0.05
    belly_height: float = 1.06
    belly_up: float = 0.17  # metres over which it fades upwards
    belly_down: float = 0.14
    belly_front: Range = (-0.06, 0.08)  # z of a smooth step
    belly_depth: float = 0.014  # metres
    belly_width: float = 0.04
    muscle: dict[str, float] = field(
        default_factory=lambda: {"hip": 0.06, "knee": 0.06, "shoulder": 0.08, "elbow": 0.06, "collar": 0.04}
    )
    head: float = 0.05
    grid: float = 2.0**-20  # metres: directions are multiples of it


@dataclass(frozen=True)
class RegressorConfig:
    """reach: by joint, of the skin whose mean it is. The rest says how much what counts."""

    reach: dict[str, float] = field(
        default_factory=lambda: {
            "pelvis": 0.22,
            "spine1": 0.19,
            "spine2": 0.19,
            "spine3": 0.19,
            "neck": 0.10,
            "head": 0.12,
            "collar": 0.13,
            "shoulder": 0.11,
            "elbow": 0.065,
            "wrist": 0.055,
            "hand": 0.06,
            "hip": 0.16,
            "knee": 0.085,
            "ankle": 0.075,
            "foot": 0.075,
        }  # fmt: skip
    )
    firmness: float = 300.0  # of the joints at rest
    shape_weight: float = 8.0  # of the joints of other shapes
    evenness: float = 0.02


@dataclass(frozen=True)
class BodyConfig:
    """The default body, stage by stage. left_hand: where the left hand's joint is; the others are the skeleton's."""

    figure: Figure = FIGURE
    left_hand: Vector = (0.785, 1.394, -0.020)
    mesh: MeshConfig = field(default_factory=MeshConfig)
    weights: WeightConfig = field(default_factory=WeightConfig)
    correctives: CorrectiveConfig = field(default_factory=CorrectiveConfig)
    shape: ShapeConfig = field(default_factory=ShapeConfig)
    regressor: RegressorConfig = field(default_factory=RegressorConfig)
