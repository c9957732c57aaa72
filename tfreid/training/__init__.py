"""Learning: devices, one training step, and what happens between steps."""
