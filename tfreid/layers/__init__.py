"""Layers: one idea of one paper per file."""
