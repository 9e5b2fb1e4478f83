"""What passes between the rooms: samples, verifiers and their verdicts, calls, scores, recipes."""
