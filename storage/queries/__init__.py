"""What the screens read: small frozen answers from indexed SQL, always inside one agent."""

from storage.queries.scope import Scope

__all__ = ["Scope"]
