"""A link that opens the page as it is now: the state, small enough for an address, read back with distrust."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import gradio as gr

from app.assets import Assets
from app.limits import MAX_LINK_CHARACTERS
from app.parts import QUIET, heading
from app.script import Script
from app.state import State, is_number, read_settings
from app.viewer import status, status_line

PARAMETER = "scene"  # of the page's address
VERSION = "1"
MAX_STATE_BYTES = 60_000  # unpacked; seven segments of the longest texts in any script have 30,000
SCENE = ("kind", "frames", "one", "two", "together")
PRIVACY = "Texts stay in the server’s memory and are not logged. Share links contain your texts."
LANGUAGE = "The model’s text tower understands English only."
BROKEN = "This link cannot be opened, it was cut off or changed on its way: ask for it again."
COPIED = "The link is copied. It contains your texts, and opens the page as it is now."
NOT_COPIED = "The browser does not let this page copy: select the link and copy it yourself."
# From the token to the link, which is copied. Inside a frame the link is the frame's own page. What else the address
# carries (a signature of a private Space, say) stays behind. Frames without the right to the clipboard may often still
# copy a selection.
COPY = f"""async (token, line) => {{
  if (!token) return ["", line];
  const link = new URL(location.href);
  link.search = link.hash = "";
  link.searchParams.set({json.dumps(PARAMETER)}, token);
  let copied = true;
  try {{
    await navigator.clipboard.writeText(link.href);
  }} catch {{
    const area = document.createElement("textarea");
    const before = document.activeElement;
    area.value = link.href;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    copied = document.execCommand("copy");
    area.remove();
    before?.focus();
  }}
  return [link.href, copied ? {json.dumps(status(COPIED, "done"))} : {json.dumps(status(NOT_COPIED))}];
}}"""


class ShareError(ValueError):
    """A link that cannot be made or opened; the message is one sentence for the person at the page."""


def encode(state: State) -> str:
    """The state as letters, figures, "-", "_" and a dot. Raises `ShareError` for what no address can hold."""
    data = {
        "script": [[scene[name] for name in SCENE] for scene in state.script.value()["segments"]],
        "panels": [list(astuple(panel)) for panel in state.panels],
        "bodies": list(state.bodies),
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    token = f"{VERSION}.{base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip('=')}"
    if len(token) > MAX_LINK_CHARACTERS:
        raise ShareError(
            f"A link to this scene would have {len(token)} characters, and addresses hold {MAX_LINK_CHARACTERS}: "
            "shorten its texts, or save a project file."
        )
    return token


def decode(token: str) -> State:
    """The state of a token of `encode`. Whatever else may come is one sentence of a `ShareError`."""
    if not isinstance(token, str) or len(token) > MAX_LINK_CHARACTERS:
        raise ShareError(BROKEN)
    version, dot, packed = token.partition(".")
    if dot and version.isdecimal() and version != VERSION:
        raise ShareError("This link was made by another version of the page, which this one cannot read.")
    if version != VERSION:
        raise ShareError(BROKEN)
    try:
        data = json.loads(_unpack(packed), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ShareError(BROKEN) from error
    try:
        return _state(data)
    except ShareError:
        raise
    except ValueError as error:  # of the script, the settings and the limits: each one sentence
        raise ShareError(f"This link cannot be opened: {error}") from error


def shared_state(request: gr.Request) -> State | None:
    """The state in the address that the page was opened with, if there is one. Raises `ShareError`."""
    token = dict(request.query_params).get(PARAMETER)
    return None if token is None else decode(token)


@dataclass(frozen=True)
class ShareCard:
    """Button, field of the link, and a line that tells what happened."""

    copy: gr.Button
    link: gr.Textbox
    line: gr.HTML

    def wire(self, state_of: Callable[..., State], inputs: Sequence[Any]) -> None:
        """state_of(*values of inputs) tells what the link is to open; it may raise `ValueError` with one sentence."""

        def make(*values: Any) -> tuple[str, str]:
            try:
                return encode(state_of(*values)), status("")
            except ValueError as error:
                return "", status(str(error), "error", field=getattr(error, "field", ""))

        made = self.copy.click(make, list(inputs), [self.link, self.line], queue=False, **QUIET)
        made.then(None, [self.link, self.line], [self.link, self.line], js=COPY, **QUIET)


def share_card(assets: Assets) -> ShareCard:
    """The card; `ShareCard.wire` makes it work."""
    with gr.Column(elem_classes="is-card", elem_id="share"):
        heading("Share", "a link that opens the page as it is now")
        with gr.Row(elem_id="share-act"):
            copy = gr.Button("Copy link", size="sm", elem_id="copy-link", scale=0, min_width=110)
            link = gr.Textbox(
                label="Link", show_label=False, lines=1, max_lines=1, interactive=False, elem_id="link",
                placeholder="The link contains your texts, so that it opens anywhere.",
            )  # fmt: skip
        line = status_line(assets, "", "share-status")
    return ShareCard(copy, link, line)


def _unpack(packed: str) -> str:
    """The text, of at most `MAX_STATE_BYTES` bytes however much the packed would grow to; raises `ValueError`."""
    try:
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        unpacked = reader.decompress(data, MAX_STATE_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("not packed by us") from error
    if not reader.eof or reader.unused_data:
        raise ValueError("cut off, too long, or something behind it")
    return unpacked.decode()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _state(data: Any) -> State:
    """Raises `ValueError` with one sentence."""
    if not isinstance(data, dict) or set(data) != {"script", "panels", "bodies"}:
        raise ShareError(BROKEN)
    if not all(isinstance(part, list) for part in data.values()):
        raise ShareError(BROKEN)
    rows = (*data["script"], *data["panels"])
    if not all(isinstance(row, list) for row in rows) or any(len(row) != len(SCENE) for row in data["script"]):
        raise ShareError(BROKEN)
    if not all(map(is_number, data["bodies"])):
        raise ShareError(BROKEN)
    script = Script.from_value({"segments": [dict(zip(SCENE, row)) for row in data["script"]]})
    panels = tuple(read_settings(row) for row in data["panels"])
    return State(script, panels, tuple(map(float, data["bodies"])))
