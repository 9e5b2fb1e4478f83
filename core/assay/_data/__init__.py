"""Reads data sets, and writes and reads the logs of runs."""
