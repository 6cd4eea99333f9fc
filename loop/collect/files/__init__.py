"""Files as a door: formats, presets and the reading of rows."""
