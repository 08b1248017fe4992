"""Checkpoints: what is written comes back, and every way of being broken is told in one sentence."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch
from torch import nn

from intersyn import checkpoint
from intersyn.checkpoint import CheckpointError, fill, load_weights, read_config, resolve, save_checkpoint, write_config


@dataclass(frozen=True)
class Inner:
    depth: int = 1


@dataclass(frozen=True)
class NetConfig:
    dim: int
    scale: float = 1.0
    name: str = "net"
    sizes: tuple[int, ...] = (1, 2)
    rank: int | None = None
    inner: Inner = Inner()

    def __post_init__(self) -> None:
        if self.dim < 1:
            raise ValueError(f"dim must be positive, got {self.dim}")


class Net(nn.Module):
    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(config.dim, config.dim) for _ in range(3))
        self.register_buffer("count", torch.tensor(7))


def make(dim: int = 8, seed: int = 0) -> Net:
    torch.manual_seed(seed)
    return Net(NetConfig(dim))


def save(folder: Path, net: Net, dim: int) -> Path:
    return save_checkpoint(folder, NetConfig(dim), net.state_dict())


@pytest.fixture
def saved(tmp_path):
    return save(tmp_path / "net", make(), 8)


def test_round_trip_is_exact_to_half_precision(saved):
    net, back = make(), fill(make(seed=1), load_weights(saved), saved)
    for (name, a), b in zip(net.state_dict().items(), back.state_dict().values()):
        assert b.dtype == a.dtype
        expected = a.half().float() if a.ndim >= 2 else a
        assert torch.equal(expected, b), name


def test_config_round_trip(tmp_path):
    config = NetConfig(4, 0.5, "x", (3, 4, 5), 2, Inner(3))
    write_config(tmp_path, config)
    assert read_config(tmp_path, NetConfig) == config


def test_weights_are_sharded_below_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "MAX_SHARD_BYTES", 10_000)
    folder = save(tmp_path / "net", make(64), 64)
    shards = sorted(folder.glob("*.safetensors"))
    assert len(shards) == 3
    assert all(path.stat().st_size < 10_000 for path in shards)
    assert torch.equal(fill(make(64, 1), load_weights(folder), folder).layers[2].bias, make(64).layers[2].bias)
    shards[1].unlink()
    with pytest.raises(CheckpointError, match="model-.* is missing"):
        fill(make(64), load_weights(folder), folder)


def test_saving_again_replaces_weights_and_keeps_notes(saved):
    (saved / "LICENSE.md").write_text("a note")
    (saved / "model-00001-of-00002.safetensors").write_bytes(b"a shard of older, larger weights")
    save(saved, make(4), 4)
    assert read_config(saved, NetConfig).dim == 4
    assert sorted(path.name for path in saved.iterdir()) == ["LICENSE.md", "config.json", "model.safetensors"]
    assert [path.name for path in saved.parent.iterdir()] == ["net"]


def test_failed_save_leaves_the_old_checkpoint(saved):
    net = make()
    with torch.no_grad():
        net.layers[0].weight[0, 0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        save(saved, net, 8)
    assert torch.equal(fill(make(seed=1), load_weights(saved), saved).layers[0].bias, make().layers[0].bias)
    assert [path.name for path in saved.parent.iterdir()] == ["net"]


def test_values_beyond_half_precision_are_refused(tmp_path):
    net = make()
    with torch.no_grad():
        net.layers[0].weight[0, 0] = 1e6
    with pytest.raises(ValueError, match="range of f16"):
        save(tmp_path / "net", net, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": 1}, "has the key 'colour'"),
        ({"dim": None}, "dim must be int"),
        ({"dim": True}, "dim must be int"),
        ({"scale": "wide"}, "scale must be float"),
        ({"sizes": 3}, "sizes must be tuple"),
        ({"dim": 0}, "dim must be positive"),
        ({"inner": {"deep": 1}}, "inner has the key 'deep'"),
        ({"inner": [1]}, "inner must be Inner"),
    ],
)
def test_wrong_config_is_named(saved, change, message):
    data = json.loads((saved / "config.json").read_text()) | change
    (saved / "config.json").write_text(json.dumps(data))
    with pytest.raises(CheckpointError, match=message):
        read_config(saved, NetConfig)


@pytest.mark.parametrize(("text", "message"), [("{", "cannot be read"), ("[1]", "must be NetConfig"), ("{}", "lacks")])
def test_config_that_is_no_config(saved, text, message):
    (saved / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=message):
        read_config(saved, NetConfig)


def test_missing_config(saved):
    (saved / "config.json").unlink()
    with pytest.raises(CheckpointError, match="config.json is missing"):
        read_config(saved, NetConfig)


@pytest.mark.parametrize("keep", [0, 4, 60, -8])
def test_truncated_weights(saved, keep):
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        fill(make(), load_weights(saved), saved)


def test_missing_weights(saved):
    (saved / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="holds no weights"):
        fill(make(), load_weights(saved), saved)


def test_weights_of_another_shape(saved):
    with pytest.raises(CheckpointError, match="do not fit"):
        fill(make(16), load_weights(saved), saved)


def test_weights_of_another_network(saved):
    with pytest.raises(CheckpointError, match="do not fit"):
        fill(nn.Linear(8, 8), load_weights(saved), saved)


def test_index_cannot_point_outside_the_folder(saved):
    (saved / "model.safetensors").rename(saved.parent / "elsewhere.safetensors")
    save(saved, make(), 8)
    names = list(make().state_dict())
    index = {"metadata": {}, "weight_map": dict.fromkeys(names, "../elsewhere.safetensors")}
    (saved / "model.safetensors").rename(saved / "model-00001-of-00001.safetensors")
    (saved / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError):
        fill(make(), load_weights(saved), saved)


def test_resolve_folder(saved):
    assert resolve(saved) == saved
    assert resolve(str(saved)) == saved


def test_resolve_folder_without_config(tmp_path):
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        resolve(tmp_path)


@pytest.mark.parametrize("name", ["no-such-folder", "./no/such", "/no/such/folder", "a/b/c", ""])
def test_resolve_missing_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError):
        resolve(name)


class _NotFound(BaseHTTPRequestHandler):
    """A Hub that knows no repository."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Point huggingface_hub at a local address, with an empty cache."""
    import huggingface_hub.constants as constants
    from huggingface_hub.utils import close_session

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub._snapshot_download.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    close_session()

    def use(url: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", url)

    yield use
    close_session()


def test_hub_id_that_does_not_exist(hub):
    server = HTTPServer(("127.0.0.1", 0), _NotFound)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        hub(f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(CheckpointError, match="no such model on the Hugging Face Hub"):
            resolve("nobody/nothing")
    finally:
        server.shutdown()
        server.server_close()


def test_hub_id_without_network(hub):
    with HTTPServer(("127.0.0.1", 0), _NotFound) as server:
        port = server.server_port  # free again once the server is closed: connections are refused
    hub(f"http://127.0.0.1:{port}")
    with pytest.raises(CheckpointError, match="cannot be reached"):
        resolve("nobody/nothing")
