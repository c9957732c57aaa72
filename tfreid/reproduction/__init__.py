"""The papers' tables: what they publish, the runs that stand for them, and our figures beside."""
