"""Photos opened and measured in a process apart: one that is bounded, and may die alone."""
