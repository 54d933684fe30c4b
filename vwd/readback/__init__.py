"""Reading back: pictures of text in this style → the text, with the place, the page and the first frame of each word."""
