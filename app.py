"""The page: `python app.py`, or a Hugging Face Space."""

import os

# Before gradio and huggingface_hub are imported: neither the page nor the server calls any other host.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from app.assets import style_sheet
from app.generation import Generator
from app.layout import build
from app.limits import MAX_UPLOAD_BYTES, MAX_WAITING, SESSIONS
from app.theme import theme
from intersyn.body.smpl_files import BodyFileError

generator = Generator()
try:
    demo = build(generator)
except BodyFileError as error:  # of the file that the operator named: one sentence, no traceback
    raise SystemExit(str(error)) from error

if __name__ == "__main__":
    generator.warm_up()
    demo.queue(max_size=MAX_WAITING, default_concurrency_limit=1)
    demo.launch(
        theme=theme(),
        head=style_sheet(),
        footer_links=["api", "gradio", "settings"],
        max_file_size=MAX_UPLOAD_BYTES,
        state_session_capacity=SESSIONS,
    )
