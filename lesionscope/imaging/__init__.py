"""Verbs on pixels: arrays in, arrays or numbers out. Nothing here knows a patient."""
