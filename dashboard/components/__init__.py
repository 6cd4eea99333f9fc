"""Components: what pages are made of, each drawn from records and read models it is handed."""
