"""Bulk embedding: an Apache Beam pipeline from images anywhere to shards of vectors."""
