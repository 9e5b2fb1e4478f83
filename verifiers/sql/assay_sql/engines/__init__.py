"""The engines that queries run on, one a file."""
