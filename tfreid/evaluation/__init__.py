"""How well a network finds people: embeddings or scores, protocols, measures."""
