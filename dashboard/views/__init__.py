"""One page each. A view reads, shows and asks; it holds no SQL, no statistic, and knows no other view."""
