"""Workflows written in Python: `with workflow("name") as wf:`.

Nothing is imported here: agents lean on `active` alone, and must not wait for what the rest of the builder needs.
"""
