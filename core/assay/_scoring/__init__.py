"""Scores samples by a reward, and looks for references that can't be used."""
