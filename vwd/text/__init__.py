"""From a sample to a storyboard: which word appears at which frame, page and pixel box."""
