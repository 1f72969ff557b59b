"""The database backend of the embedded mode."""
