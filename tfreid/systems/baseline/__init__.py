"""The strong baseline: a backbone of keras-cv, BNNeck, identity and triplet loss."""
