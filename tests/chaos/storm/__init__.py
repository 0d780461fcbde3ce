"""Workers that die at every named point, a database that is torn down, and mail that must neither be lost nor doubled (docs/guide/soak.md)."""
