"""The commands, grouped by what they are for: each reads its options and calls what does the work."""
