"""Systems that match two images: each becomes a memory, and two memories a score."""
