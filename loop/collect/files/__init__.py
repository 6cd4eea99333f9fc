"""Files as a door: formats, importers and the reading of rows."""
