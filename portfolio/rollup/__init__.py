"""Bringing figures up to date: from facts and agreements to product-months and standings."""
