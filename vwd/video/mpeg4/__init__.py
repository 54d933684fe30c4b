"""Composing MPEG-4 Part 2 Simple Profile (ISO/IEC 14496-2) from a storyboard: no frame is searched for change."""
