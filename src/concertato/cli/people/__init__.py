"""Tasks for people: finding, listing and showing them, and deciding one."""
