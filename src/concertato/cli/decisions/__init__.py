"""The decision path of a run: its steps in words, and those words as a timeline, as a document and as JSON."""
