"""OSNet: streams of four scales, weighed against each other channel by channel."""
