"""From a trained run to what answers: exports for TF Serving, and `tfreid.load`."""
