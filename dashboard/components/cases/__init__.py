"""Cases: the examination, its list, files and blind audits."""
