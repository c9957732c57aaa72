"""Serving: the exported model and the gallery that answers; comes with the export."""
