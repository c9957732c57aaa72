"""Procedurally drawn pedestrians: a re-ID data set that needs no download and shows nobody."""

from tfreid.pedestrians.layout import SyntheticSettings
from tfreid.pedestrians.writer import prepare_synthetic, write_synthetic

__all__ = ["SyntheticSettings", "prepare_synthetic", "write_synthetic"]
