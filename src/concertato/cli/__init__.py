"""The command line: arguments in, a call of the engine, text out."""
