"""Tables of real videos: scanned, measured, cut into clips, scored, captioned, cleaned."""
