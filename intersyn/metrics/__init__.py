"""Figures that speak of motion quality: physics and transitions."""
