"""Exports as three helpdesks write them, each messy in its own way: German CSV, French UTF-16, nested JSON lines.

In each a machine drafts answers and people correct them; some topics it gets right, some wrong, one is missing.
"""

import csv
import io
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

BEGAN = datetime(2026, 3, 2, 8, 0)  # noqa: DTZ001 an export says no zone
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


class Exchange(NamedTuple):
    """One question at the desk."""

    number: int
    at: datetime
    customer: str
    question: str
    draft: str
    sent: str
    by: str
    stars: int | None
    comment: str


class Export(NamedTuple):
    """A file, and what is in it."""

    name: str
    content: bytes
    good: int
    """Rows that can be used."""
    bad: int
    """Rows that cannot."""
    people: tuple[str, ...]
    canary: str
    """Words that stand in its answers and nowhere else."""


GERMAN = (
    (
        "Wo bleibt mein Paket {}",
        "Ihr Paket ist unterwegs.",
        "Ihr Paket liegt im Depot „Süd“ und kommt binnen 3 Werktagen.",
    ),
    (
        "Wie kann ich Bestellung {} stornieren",
        "Stornieren geht nicht.",
        "Sie stornieren bis 20 Uhr im Konto unter Bestellungen.",
    ),
    (
        "Wann bekomme ich mein Geld für {} zurück",
        "In 14 Tagen.",
        "Die Erstattung ist nach 5 Werktagen auf Ihrem Konto.",
    ),
    ("Passt Größe {} auch bei breiten Füßen", "Ja.", "Ja."),
    ("Kann ich {} im Laden umtauschen", "", "Umtausch geht in jeder Filiale, 30 Tage lang, mit Kassenbon."),
)
FRENCH = (
    ("Où est mon colis {} ?", "Il arrive.", "Votre colis est au dépôt et sera livré sous 3 jours ouvrés."),
    (
        "Comment annuler la commande {} ?",
        "Impossible.",
        "Vous annulez jusqu’à 20 h dans votre compte, rubrique Commandes.",
    ),
    (
        "Quand serai-je remboursé de {} ?",
        "Sous 14 jours.",
        "Le remboursement est sur votre compte après 5 jours ouvrés.",
    ),
    ("La taille {} convient-elle aux pieds larges ?", "Oui.", "Oui."),
    ("Puis-je échanger {} en magasin ?", "", "L’échange est possible 30 jours dans tout magasin, avec le ticket."),
)
ENGLISH = (
    ("Where is my parcel {}?", "It is on its way.", "Your parcel is in the depot and arrives within 3 working days."),
    ("How do I cancel order {}?", "You cannot.", "You cancel until 8 pm in your account, under Orders."),
    ("When do I get my money back for {}?", "In 14 days.", "The refund is on your account after 5 working days."),
    ("Does size {} fit wide feet?", "Yes.", "Yes."),
    ("Can I exchange {} in a shop?", "", "Every shop exchanges it within 30 days, with the receipt."),
)


def exchanges(texts: tuple[tuple[str, str, str], ...], people: tuple[str, ...], *, count: int) -> Iterator[Exchange]:
    """`count` of them, one every few hours, the same at every call."""
    draws = random.Random(7)
    for number in range(count):
        question, draft, sent = texts[number % len(texts)]
        is_right = draft == sent
        yield Exchange(
            number=4000 + number,
            at=BEGAN + timedelta(hours=7 * number, minutes=draws.randrange(60)),
            customer=f"K-{draws.randrange(900)}",
            question=question.format(f"A{draws.randrange(100, 999)}"),
            draft=draft,
            sent=sent,
            by=people[draws.randrange(len(people))],
            stars=None if draws.random() < 0.4 else draws.choice((4, 5) if is_right else (1, 2, 3)),
            comment="hm; so là là" if draws.random() < 0.1 else "",
        )


def german(*, count: int = 200) -> Export:
    """cp1252, semicolons, days first, one to five stars; the header again in the middle, two broken rows."""
    people = ("Anna Weber", "Jörg Müller", "Zoë Groß", "Uwe Späth", "Ina Kühn")
    header = (
        "Ticket-Nr.", "Erstellt am", "Kundennummer", "Kundenanfrage", "Antwortentwurf", "Gesendete Antwort",
        "Bearbeiter", "Bewertung", "Kommentar",
    )  # fmt: skip
    rows = [
        (one.number, f"{one.at:%d.%m.%Y %H:%M}", one.customer, one.question, one.draft, one.sent, one.by,
         one.stars or "", one.comment)
        for one in exchanges(GERMAN, people, count=count)
    ]  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows[: count // 2])
    out.write('9001;04.04.2026 10:00;K-1;"Ein Zitat, das nie endet;x;y;Anna Weber;3;\r\n')
    writer.writerow(header)
    out.write("9002;nur drei Zellen;K-2\r\n\r\n")
    writer.writerows(rows[count // 2 :])
    return Export("tickets.csv", out.getvalue().encode("cp1252"), count, 3, people, "Depot")


def french(*, count: int = 200) -> Export:
    """UTF-16 with tabs, months in words, marks with a comma, line breaks in cells; one row with a date that is none."""
    people = ("Zoé Martin", "Luc Noël", "Aïcha Benali", "Rémi Faure")
    header = (
        "Identifiant", "Date de création", "Client", "Message du client", "Réponse proposée", "Réponse envoyée",
        "Conseiller", "Note (sur 5)", "Commentaire",
    )  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(header)
    for one in exchanges(FRENCH, people, count=count):
        at = f"{one.at.day} {MONTHS[one.at.month - 1]} {one.at.year} à {one.at:%H:%M}"
        stars = "" if one.stars is None else f"{one.stars - 0.5:.1f}".replace(".", ",") if one.stars > 1 else "1,0"
        question = f"Bonjour,\n{one.question}" if one.number % 9 == 0 else one.question
        writer.writerow((one.number, at, one.customer, question, one.draft, one.sent, one.by, stars, one.comment))
    out.write("9001\tle 32 brumaire\tK-1\tOù ?\t\tIci.\tLuc Noël\t\t\n")
    return Export("export.txt", out.getvalue().encode("utf-16"), count, 1, people, "dépôt")


def nested(*, count: int = 200) -> Export:
    """JSON lines of tickets with their messages; a broken line, and a ticket in which no customer speaks."""
    people = ("Mia Hart", "Leo Brandt", "Ida Cole", "Tom Reed")
    lines = []
    for one in exchanges(ENGLISH, people, count=count):
        messages: list[dict[str, Any]] = [{"from": "customer", "text": one.question, "at": f"{one.at.isoformat()}Z"}]
        if one.draft:
            messages.append({"from": "bot", "text": one.draft, "at": f"{one.at.isoformat()}Z"})
        messages.append({"from": "note", "text": "internal: mind the tone"})
        if one.draft != one.sent:
            later = one.at + timedelta(hours=1)
            messages.append({"from": "agent", "name": one.by, "text": one.sent, "at": f"{later.isoformat()}Z"})
        score = {"score": one.stars, "comment": one.comment} if one.stars else None
        ticket = {"id": one.number, "customer": {"id": one.customer}, "messages": messages, "csat": score}
        lines.append(json.dumps({"ticket": ticket}))
    lines.insert(count // 2, '{"ticket": {"id": 1, "messages": [')
    lines.append(
        json.dumps({"ticket": {"id": 2, "messages": [{"from": "agent", "name": "Mia Hart", "text": "Hello?"}]}})
    )
    return Export("tickets.jsonl", "\n".join(lines).encode(), count, 2, people, "depot")


EXPORTS = {"german": german, "french": french, "nested": nested}
