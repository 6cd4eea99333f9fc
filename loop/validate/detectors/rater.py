"""Authors who are surely wrong too often, or who answer without looking: all their items are held."""

from loop.records import Finding, Judged
from loop.validate.scene import Scene


def find_rater(row: Judged, scene: Scene) -> Finding | None:
    """Every item of an author whose standing is unreliable; the figures stand in the author's record."""
    standing = scene.standings.get(row.author)
    if standing is None or standing.standing != "unreliable":
        return None
    return Finding("rater", "The author is unreliable; their record says why, in numbers.")
