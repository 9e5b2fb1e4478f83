"""Finds plugins, loads those that are named, and answers what they provide."""
