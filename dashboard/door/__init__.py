"""The door: what stands before every page of the desk. Who may come in, how they sign in, and what does not start.

`middleware` looks at each request, `routes` answers the door's own addresses with `pages`, by `passwords` or a
`provider`; `hosts` says which names are ours, `unknown` which addresses are not, `dangers` which settings are refused.
Nothing is imported here: commands read `dangers` and `hosts` without the screens.
"""
