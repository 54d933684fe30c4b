"""The font files the renderer draws with, their licences and the table of the characters they cover."""
