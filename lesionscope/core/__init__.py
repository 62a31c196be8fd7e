"""What things are: frozen nouns, valid from birth, with no pixels changed and no file touched."""
