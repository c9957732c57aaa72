"""The demo: both systems learn on drawn pedestrians, beside what needs no learning."""
