"""Gibberish detection by letter pairs: whether a text is a slip of the keyboard rather than words.

A word is odd when at least half of its letter pairs stand in no word of the sample, or of the texts it is held
against; a text is gibberish when more than half of its words are odd, or when it says one word over and over. Only
words in Latin letters are judged, names and codes (capitals, digits) are not: when in doubt it is language.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

SHORTEST = 4
"""Letters of a word that is judged."""
REPEATED = 4
"""Times one word may stand in a text of nothing else."""

_TOKEN = re.compile(r"\S+")
_LATIN = re.compile(r"[a-z]+")
_ROWS = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_RUNS = frozenset(way[at : at + 5] for row in _ROWS for way in (row, row[::-1]) for at in range(len(row) - 4))
_SAME = re.compile(r"(\w)\1{3,}")

# Sentences of the kind people write to customers, in six languages: which letter pairs words are made of.
_SAMPLE = """
Thank you for your patience. Your order was shipped yesterday and should arrive within three business days. Please check
the tracking number in your account; if nothing moves by Friday, we send another parcel or give back the full amount
quickly. I have just unlocked your subscription, adjusted the invoice and asked our warehouse whether exchanges are
possible. Which device, browser and version do you use? Switch it off, wait twenty seconds, reset the password, try it
again. The hotline is closed on holidays; knowledge, pictures, jokes, judgement, width, eighth, lynx, awkward,
objective, rhythm, bankruptcy, bookkeeper, obvious, fifth, asthma, hymn, wharf, dwarf, shelves, valves, upgrade, backup.
Vielen Dank für Ihre Nachricht. Ihre Rechtschreibung, Kündigung und Bankverbindung haben wir geprüft; die Gutschrift
erfolgt voraussichtlich innerhalb von fünf Werktagen. Bitte öffnen Sie zuerst die Einstellungen, wählen Sie Zahlungsart,
löschen Sie die alte Karte und bestätigen Sie den Wechsel. Der Kundendienst hilft jederzeit gern, auch samstags. Pfand,
Schlüssel, Zwerg, Wunschtermin, Angst, Herbst, Strumpf, jetzt, obwohl, Äpfel, typisch, Quittung, Abschluss, Hexe, Jacht.
Merci beaucoup pour votre message. Nous avons remboursé votre commande aujourd'hui; le virement apparaîtra sous quelques
jours ouvrables. Veuillez vérifier votre adresse, puis cliquez sur le bouton. Excusez-nous, quelqu'un vous rappellera.
Muchas gracias por escribirnos. Hemos devuelto el importe y su pedido llegará mañana; compruebe su correo electrónico,
pulse el enlace y guarde el código. Disculpe las molestias, ya puede recoger el paquete en la oficina cualquier jueves.
Grazie mille per averci scritto. Abbiamo già rimborsato l'ordine; il pacco arriverà giovedì. Scegliere pagamento, oggi.
Hartelijk dank voor uw bericht. Wij hebben uw bestelling vandaag verzonden; het bedrag wordt binnen vijf werkdagen
teruggestort. Kijk gerust naar de voorwaarden of bel ons, wij helpen graag. Zoekt u iets anders? Dziękujemy.
"""


def gibberish(text: str, *, known: Iterable[str] = ()) -> str:
    """What of the text is no language, as a short quotation of it; empty when it may well be.

    `known`: texts of the same agent, whose words count as language whatever they look like.
    """
    words = _words(text)
    counted = Counter(words)
    if counted:
        word, n = counted.most_common(1)[0]
        if n >= REPEATED and n * 3 > len(words) * 2:
            return word
    judged = [word for word in words if len(word) >= SHORTEST or _SAME.search(word)]
    if not judged:
        return "" if words or any(one.isalnum() for one in text) else text.strip()[:20]
    read = {word for one in known for word in _words(one)}
    pairs = _sample_pairs() | {pair for word in read for pair in _pairs(word)}
    odd = [word for word in judged if word not in read and _is_odd(word, pairs)]
    return odd[0] if len(odd) * 2 > len(judged) else ""


def _is_odd(word: str, pairs: frozenset[str] | set[str]) -> bool:
    if _SAME.search(word) or any(word[at : at + 5] in _RUNS for at in range(len(word) - 4)):
        return True
    mine = _pairs(word)
    return sum(pair not in pairs for pair in mine) * 2 >= len(mine)


def _words(text: str) -> list[str]:
    """Words in Latin letters, made small and plain; tokens with digits, marks or capitals inside are left out."""
    found = []
    for token in _TOKEN.findall(text):
        letters = token.strip(".,;:!?()[]{}\"'“”„‘’«»…*_")
        plain = "".join(
            one for one in unicodedata.normalize("NFD", letters.casefold()) if not unicodedata.combining(one)
        )
        if _LATIN.fullmatch(plain) and not any(one.isupper() for one in letters[1:]):
            found.append(plain)
    return found


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)]


@cache
def _sample_pairs() -> frozenset[str]:
    return frozenset(pair for word in _LATIN.findall(" ".join(_words(_SAMPLE))) for pair in _pairs(word))
