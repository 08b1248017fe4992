"""Composing interactions: declarations, real people and a kinematic solver make new motion of people who touch."""
