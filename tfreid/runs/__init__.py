"""A run on disk: its folder, its checkpoints, and where it comes from."""
