"""How a run is watched while it goes on: a live picture, appended lines, JSON lines, or nothing."""
