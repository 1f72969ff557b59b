"""People, the durable teams they are in, and what their disciplines cost."""
