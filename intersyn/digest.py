"""What a checkpoint is, whatever it is called: a hash of all that decides a motion."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from torch import nn

from intersyn.pipeline import InterSynPipeline


def weights_digest(pipeline: InterSynPipeline) -> str:
    """SHA-256, hexadecimal, of all that a checkpoint puts into a motion: weights and settings, but not its name.

    It is the same for the same checkpoint on every device and however its files are cut.
    """
    settings = {key: value for key, value in asdict(pipeline.config).items() if key not in ("name", "text_encoder")}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    networks: dict[str, nn.Module] = {"text": pipeline.text_encoder}
    for name, ins in pipeline.ins.items():
        networks |= {name: ins.model, f"{name}.normalizer": ins.normalizer}
    if pipeline.rec is not None:
        networks["rec"] = pipeline.rec.model
    for network, module in sorted(networks.items()):
        for name, value in sorted(module.state_dict().items()):
            value = value.detach().cpu()
            value = value.float() if value.is_floating_point() else value
            digest.update(f"{network}.{name} {tuple(value.shape)}".encode() + value.contiguous().numpy().tobytes())
    return digest.hexdigest()
