"""What the API takes: single rows and batches a second, on SQLite, fully durable, beside a worker and a reader."""
