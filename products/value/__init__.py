"""What customers feel, measured: metrics, their observations, and what a unit of each is worth."""
