"""What runs inside the sandbox, beside the program: sent there as code, never trusted to say who passed."""
