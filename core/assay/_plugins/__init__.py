"""Finds plugins, loads those that are named, checks what they offer, and chooses among it."""
