"""Losses, as functions of embeddings or logits."""
