"""Who pulls services from whom: agreements between products, and how much was used."""
