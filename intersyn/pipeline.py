"""From a timeline to a Motion: text, INS by DDIM with guidance, REC, and back to the world.

pipe = InterSynPipeline.from_pretrained()
motion = pipe(timeline, seed=0, variant="full")
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from intersyn import foot_lock
from intersyn.checkpoint import CheckpointError, read_config, resolve, write_config
from intersyn.conditions import PartTable, in_order_of_people
from intersyn.contact_guidance import ContactGuide, check_contacts
from intersyn.diffusion import CosineSchedule
from intersyn.features import FEATURE_DIM, Normalizer
from intersyn.features import mask as feature_mask
from intersyn.models.guidance import GUIDANCE_BELOW, guided
from intersyn.motion import Motion
from intersyn.networks import INS, REC, INSConfig, RECConfig, load_text_encoder  # noqa: F401  importable from here too
from intersyn.root_solver import decode
from intersyn.settings import VARIANTS, Variant, check_settings
from intersyn.text import PAPER_ENCODER, TextEncoder, TextFeatures
from intersyn.timeline import Timeline, TimelineError
from intersyn.touches import Contact, TouchReader, wishes_of
from intersyn.windows import Windows

WINDOW_OVERLAP = 64


class Cancelled(Exception):
    """The callback asked to stop; nothing was made."""


@dataclass(frozen=True)
class PipelineConfig:
    """config.json of a whole checkpoint: its name and the defaults of generation."""

    name: str = "unnamed"
    fps: float = 20.0
    steps: int = 16
    guidance_scale: float = 2.5
    guidance_below: int = GUIDANCE_BELOW
    window_frames: int = 196  # the longest sequence training has seen
    text_encoder: str = "text"  # a folder of the checkpoint, or ViT-L-14/openai

    def or_defaults(self, steps: int | None, guidance_scale: float | None) -> tuple[int, float]:
        """What was asked for; where nothing was, this checkpoint's default."""
        return self.steps if steps is None else steps, self.guidance_scale if guidance_scale is None else guidance_scale


@dataclass(frozen=True)
class Request:
    """One timeline as the networks read it: B = 1."""

    timeline: Timeline
    table: PartTable
    text: TextFeatures
    exists: Tensor  # (1, P, T, 273) bool

    @property
    def frames(self) -> int:
        return self.timeline.frames


class InterSynPipeline:
    """Generates a Motion for a Timeline. Calls share no state, so that several threads may call one pipeline."""

    def __init__(
        self,
        text_encoder: TextEncoder,
        ins: Mapping[str, INS],
        rec: REC | None,
        config: PipelineConfig | None = None,
    ) -> None:
        if "ins" not in ins:
            raise ValueError(f"a pipeline needs the network 'ins', got {sorted(ins)}")
        for name, network in (ins if rec is None else {**ins, "rec": rec}).items():
            expects = network.config.model
            if (expects.pooled_dim, expects.token_dim) != (text_encoder.pooled_dim, text_encoder.token_dim):
                raise CheckpointError(f"The network {name} was trained with another text encoder than the one given.")
        self.text_encoder, self.ins, self.rec = text_encoder, dict(ins), rec
        self.config = config or PipelineConfig()
        self.schedule = CosineSchedule()
        self.read_touches = TouchReader(text_encoder)

    @classmethod
    def from_pretrained(cls, source: str | Path | None = None, device: torch.device | str = "cpu") -> InterSynPipeline:
        """The bundled checkpoint (None), a folder, or "OWNER/NAME" on the Hub. Raises `CheckpointError`."""
        folder = resolve(source)
        config = read_config(folder, PipelineConfig)
        names = [name for name in ("ins", "ins_no_smooth") if name == "ins" or (folder / name).is_dir()]
        ins = {name: INS.load(folder / name) for name in names}
        rec = REC.load(folder / "rec") if (folder / "rec").is_dir() else None
        encoder = load_text_encoder(folder, config.text_encoder)
        return cls(encoder, ins, rec, config).to(device)

    def save_pretrained(self, folder: str | Path) -> Path:
        """Write the whole as a checkpoint folder. A text encoder from the network is named, not copied.

        Networks that an earlier checkpoint left in the folder and this one lacks are removed.
        """
        folder = Path(folder)
        for name in {"ins_no_smooth", "rec"} - set(self.ins) - ({"rec"} if self.rec is not None else set()):
            shutil.rmtree(folder / name, ignore_errors=True)
        for name, ins in self.ins.items():
            ins.save(folder / name)
        if self.rec is not None:
            self.rec.save(folder / "rec")
        if self.config.text_encoder != PAPER_ENCODER:
            self.text_encoder.save(folder / self.config.text_encoder)
        write_config(folder, self.config)
        return folder

    def to(self, device: torch.device | str) -> InterSynPipeline:
        """Move all networks, for example to "cuda"."""
        modules: list[nn.Module] = [self.text_encoder, self.schedule]
        modules += [module for ins in self.ins.values() for module in (ins.model, ins.normalizer)]
        modules += [self.rec.model] if self.rec is not None else []
        for module in modules:
            module.to(device)
        return self

    @property
    def device(self) -> torch.device:
        return self.schedule.alphas_cumprod.device

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants this checkpoint has the networks for.

        The uncoupled ones are variants only of an INS that was trained with partners and without.
        """

        def possible(v: Variant) -> bool:
            if v.ins not in self.ins or (v.rec and self.rec is None):
                return False
            trained = self.ins[v.ins].config
            return v.coupled or (trained.coupled and trained.uncoupled)

        return tuple(name for name, variant in VARIANTS.items() if possible(variant))

    def coupled(self, variant: Variant) -> bool:
        """Whether people see each other in a variant; an INS that never saw a partner in training is shown none."""
        return variant.coupled and self.ins[variant.ins].config.coupled

    @torch.inference_mode()
    def __call__(
        self,
        timeline: Timeline,
        *,
        seed: int = 0,
        variant: str = "full",
        steps: int | None = None,
        guidance_scale: float | None = None,
        callback: Callable[[int, int], bool | None] | None = None,
        clean_up: bool = False,
        contact_guidance: float = 0.0,
        contacts: Sequence[Contact] | None = None,
    ) -> Motion:
        """Generate. The same arguments give the same Motion on the same machine.

        All variants of one timeline and seed start from the same noise. steps: DDIM steps; guidance_scale: 1 is none.
        callback(done, total) is called after each step; if it returns False, `Cancelled` is raised before the next.
        clean_up: smooth lightly and lock planted feet afterwards; part of no variant. contact_guidance: 0 is none, 1
        keeps interacting people out of each other and brings together what should touch (see `contact_guidance`); part
        of no variant either. contacts: what that is; None reads it off the texts (see `touches`), () is nothing.
        Raises `ValueError` for arguments out of range, `TimelineError` for a frame rate the model does not make or a
        text longer than its encoder reads, `CheckpointError` for a variant this checkpoint lacks.
        """
        steps, guidance_scale = self.config.or_defaults(steps, guidance_scale)
        check_settings(seed, variant, steps, guidance_scale, contact_guidance)
        check_contacts(contacts or (), timeline)
        if contacts and not contact_guidance:
            raise ValueError("Contacts need contact guidance: set contact_guidance to 1.")
        self.check_variant(variant)
        request = self.prepare(timeline)
        guide = self.contact_guide(request, variant, contact_guidance, contacts)
        x0 = self.sample(request, seed, variant, steps, guidance_scale, callback, guide)
        return self.finish(request, x0, variant, clean_up, guide)

    def check_variant(self, name: str) -> None:
        """Raise `CheckpointError` for a variant that this checkpoint lacks."""
        if name in self.variants:
            return
        chosen = VARIANTS[name]
        lacking = chosen.ins if chosen.ins not in self.ins else "rec" if chosen.rec and self.rec is None else None
        if lacking is None:
            raise CheckpointError(f"This checkpoint was not trained both with partners and without: no {name}.")
        raise CheckpointError(f"This checkpoint has no {lacking}, which the variant {name} needs.")

    # The stages, apart so that they can be timed and studied.

    def prepare(self, timeline: Timeline) -> Request:
        """Read the texts and lay the timeline out as a table. Raises `TimelineError` for what the model cannot take."""
        if timeline.fps != self.config.fps:
            raise TimelineError(
                f"This checkpoint makes {self.config.fps:g} frames per second, but the timeline asks for "
                f"{timeline.fps:g}: set fps to {self.config.fps:g}."
            )
        limit = self.text_encoder.config.context_length
        for text in (part.text for segment in timeline.segments for part in segment.parts):
            # The encoder would cut it without a word.
            if (tokens := self.text_encoder.count_tokens(text)) > limit:
                raise TimelineError(
                    f"The text beginning with {text[:40]!r} has {tokens} tokens, but the text encoder reads at most "
                    f"{limit}: shorten it."
                )
        table, texts = PartTable.from_timelines([in_order_of_people(timeline)])
        table = table.to(self.device)
        return Request(timeline, table, self.text_encoder(texts), feature_mask(table, timeline.frames))

    def contact_guide(
        self, request: Request, variant: str, scale: float, contacts: Sequence[Contact] | None = None
    ) -> ContactGuide | None:
        """What `sample` and `finish` are guided by, one for both; None at scale 0. contacts as in `__call__`."""
        if not scale:
            return None
        wishes = wishes_of(request.timeline, self.read_touches) if contacts is None else ()
        normalizer = self.ins[VARIANTS[variant].ins].normalizer
        return ContactGuide(request.table, request.exists, normalizer, scale, contacts or (), wishes)

    def sample(
        self,
        request: Request,
        seed: int,
        variant: str,
        steps: int,
        guidance_scale: float,
        callback: Callable[[int, int], bool | None] | None = None,
        guide: ContactGuide | None = None,
    ) -> Tensor:
        """INS from the seed's noise: x0 (1, P, T, 273), normalised. Whether a variant has REC makes no difference."""
        chosen = VARIANTS[variant]
        return self.denoise(request, self.noise(request, seed), chosen, steps, guidance_scale, callback, guide)

    def finish(
        self, request: Request, x0: Tensor, variant: str, clean_up: bool = False, guide: ContactGuide | None = None
    ) -> Motion:
        """From the x0 of `sample` to the Motion: `settle`, and back to the world. guide: that of `sample`."""
        chosen = VARIANTS[variant]
        x0 = self.settle(request, x0, chosen, guide)
        motion, contacts = self.decode(request, x0, self.ins[chosen.ins].normalizer)
        if clean_up:
            local, root = foot_lock.clean_up(motion.quaternions(), motion.trans, contacts)
            motion = Motion.from_quaternions(local, root, motion.fps, request.timeline)
        return motion

    def noise(self, request: Request, seed: int) -> Tensor:
        """(1, P, T, 273), drawn on the CPU so that every device starts from the same."""
        shape = (1, request.timeline.num_people, request.frames, FEATURE_DIM)
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        return noise.to(self.device) * request.exists

    def denoise(
        self,
        request: Request,
        noise: Tensor,
        variant: Variant,
        steps: int,
        guidance_scale: float,
        callback: Callable[[int, int], bool | None] | None = None,
        guide: Callable[[Tensor, int], Tensor] | None = None,
    ) -> Tensor:
        """INS: x0 (1, P, T, 273), normalised, from `noise` of the same shape. guide(x0, t) corrects each prediction."""
        ins = self.ins[variant.ins]
        coupled = self.coupled(variant)
        windows = self.windows(request)
        table = windows.tables(request.table)
        predict = guided(ins.model, table, request.text, guidance_scale, coupled, self.config.guidance_below)

        def predict_x0(x_t: Tensor, t: int) -> Tensor:
            x0 = windows.merge(predict(windows.split(x_t), t))
            return x0 if guide is None else guide(x0, t)

        def on_step(done: int, total: int) -> None:
            if callback is not None and callback(done, total) is False:
                raise Cancelled(f"cancelled after {done} of {total} steps")

        return self.schedule.ddim_sample(predict_x0, noise, steps, on_step)

    def settle(
        self, request: Request, x0: Tensor, variant: Variant, guide: Callable[[Tensor, int], Tensor] | None = None
    ) -> Tensor:
        """What comes after sampling: REC, where the variant has it, then the guide's last word.

        The guide comes last since REC does not know what it brought together. Shapes as in `denoise`.
        """
        if variant.rec:
            x0 = self.refine(request, x0)
        return x0 if guide is None else guide(x0, 0)

    def refine(self, request: Request, x0: Tensor) -> Tensor:
        """REC: everyone in turn against the others, in interactions only. Shapes as in `denoise`."""
        if not request.table.acquainted().any():
            return x0
        windows = self.windows(request)
        table = windows.tables(request.table)
        context = self.rec.model.encode_text(table, request.text)
        return windows.merge(self.rec.model.sweep(windows.split(x0), table, context))

    def decode(self, request: Request, x0: Tensor, normalizer: Normalizer) -> tuple[Motion, Tensor]:
        """Back to the world: the Motion and its foot contacts (P, T, 4)."""
        features = normalizer.inverse(x0, request.exists).cpu()
        return decode(features, request.table.to("cpu"), self.config.fps, [request.timeline])[0]

    def windows(self, request: Request) -> Windows:
        """The windows that the networks see a long request through; one for all that training's length holds."""
        return Windows.cover(request.frames, self.config.window_frames, WINDOW_OVERLAP)
