"""SONA-Net: second-order non-local attention and two branches (ICCV 2019)."""
