"""`concertato simulate`: its parts."""
