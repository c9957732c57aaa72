"""Networks: backbones, branches and whole systems."""
