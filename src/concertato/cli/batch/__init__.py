"""One workflow over many rows of input, each row a durable run of its own."""
