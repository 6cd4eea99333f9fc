"""Days as everything here counts them: in UTC, as ISO dates."""

from datetime import UTC, date, datetime, timedelta


def day_of(moment: datetime) -> str:
    """The day of an aware moment."""
    return moment.astimezone(UTC).date().isoformat()


def shift_day(day: str, by: int) -> str:
    """The day that is `by` days later; before, where that is negative."""
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()
