"""Stages of training and measuring, one readable script each: `python -m training.NAME --help`."""
