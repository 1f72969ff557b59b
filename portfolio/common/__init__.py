"""What all rooms use: the recorded and described bases, the actions that change rows, who may write,
months and money, stale marks, and the shared parts of pages and API."""
