"""InterSyn: interleaved solo and two-person motion from text (after InterSyn, ICCV 2025).

Importing this package is cheap: smplx, open_clip, pyrender and gradio are imported where they are used.
"""

__version__ = "0.1.0"
