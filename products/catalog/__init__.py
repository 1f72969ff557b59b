"""What products there are, in which value stream, for which customers, and which teams work on them."""
