"""The HTML half: spans by the WHATWG states, places as a browser shows them, edits that keep the DOM."""
