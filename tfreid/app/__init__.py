"""The search as a page in the browser: one process on this machine."""
