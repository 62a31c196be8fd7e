"""Photos by the thousand: a list of them, workers here or on many machines, and their table."""
