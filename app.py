"""The page: `python app.py`, or a Hugging Face Space."""

import os

# Before gradio and huggingface_hub are imported: neither the page nor the server calls any other host.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from app.assets import style_sheet
from app.generation import Generator
from app.layout import build
from app.theme import theme

generator = Generator()
demo = build(generator)

if __name__ == "__main__":
    generator.warm_up()
    demo.launch(theme=theme(), head=style_sheet(), footer_links=["gradio", "settings"])
