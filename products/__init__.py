"""Products: the catalogue of what there is and who it is for, and the value each makes."""
