"""The network that suggests activity sub-scores for one lesion: how it learns, and how it runs."""
