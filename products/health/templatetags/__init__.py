"""What templates of this room, and of those further on, may ask for."""
