"""The proposers: each looks at the same teaching set and has ideas."""
