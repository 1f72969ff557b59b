"""Pages of roadmaps, one subject a file."""
