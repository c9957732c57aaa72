"""Data sets, from files to batches on their way to a network, and what is wrong with them."""
