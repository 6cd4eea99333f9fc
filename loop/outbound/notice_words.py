"""What a notice says: words of ours, a slug and numbers, and where to look. Never a stranger's text or anybody's title.

So there is nothing in a message that a chat, a mail program or a phone could take for markup, a mention or a link.
"""

from urllib.parse import quote, urlencode

from loop.records.notices import Notice, WaitingChange


def sentence(notice: Notice, change: WaitingChange | None = None) -> str:
    """One sentence. `change`: the one that waits, as it is now."""
    match notice.kind:
        case "waits" | "high":
            rests = f", resting on {change.reports:,} reports" if change and change.reports > 1 else ""
            high = "High stakes: a" if notice.kind == "high" else "A"
            return f"{high} change of {notice.agent} waits for a decision{rests}."
        case "released":
            return f"Version {notice.subject} of {notice.agent} is live."
        case "taken_back":
            return f"{notice.agent} was taken back to an earlier state: it is version {notice.subject} now."
        case "alarm":
            number = notice.subject.removeprefix("version ")
            if number != notice.subject:
                return f"Alarm: people may be less happy with {notice.agent} since version {number}. Please look."
            return f"Alarm: a piece of work of {notice.agent} kept failing and is set aside; everything else goes on."
        case "no_worker":
            return "The worker stopped: nothing is tested and nothing goes live until it runs again."


def address(notice: Notice, *, public_url: str, change: WaitingChange | None = None) -> str:
    """The page that shows exactly this."""
    base = public_url.rstrip("/")
    match notice.kind:
        case "waits" | "high":
            where = {"agent": notice.agent, "p": change.id if change else notice.subject}
            return f"{base}/review?{urlencode(where, quote_via=quote)}"
        case "released" | "taken_back":
            where = {"agent": notice.agent, "to": f"v{notice.subject}"}
            return f"{base}/releases?{urlencode(where, quote_via=quote)}"
        case "alarm" if notice.subject.startswith("version "):
            return f"{base}/releases?{urlencode({'agent': notice.agent}, quote_via=quote)}"
        case "alarm" | "no_worker":
            return f"{base}/?{urlencode({'agent': notice.agent}, quote_via=quote)}"
