"""What templates of this room, and of those above it, may ask for."""
