"""Bringing rows in from CSV: what each kind of file holds, reading it, and loading it all or not at all."""
