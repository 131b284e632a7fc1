"""Runs of a definition without an engine: in virtual time, with scripted agents, and with faults that are made."""
