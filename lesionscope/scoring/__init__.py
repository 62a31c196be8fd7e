"""Numbers that a clinician uses, computed from core types alone."""
