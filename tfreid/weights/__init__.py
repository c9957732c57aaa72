"""Weights that others or we have trained, by name: which there are, and how they get here."""
