"""Out of the house: what the software found, in forms that others can read."""
