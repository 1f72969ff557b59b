"""Catalogues that others keep: Backstage, OpenSLO and endoflife.date, read and taken over as rows of our own."""
