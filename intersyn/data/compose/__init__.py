"""Composing interactions: declarations, real bases, a plan and a kinematic solver make new motion of people who touch."""
