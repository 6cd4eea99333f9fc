"""Words that only somebody vouched for may bring into an answer, whatever the language, as data."""

from collections.abc import Mapping
from functools import lru_cache

from loop.text.claims.tokens import without_marks

RISKS: Mapping[str, str] = {
    "payment": (
        "iban bic swift wire transfer überweisen überweisung überweise virement virez transferencia bonifico "
        "overmaken overschrijving transferência bitcoin crypto krypto cripto ethereum paypal zelle venmo moneygram "
        "western paysafecard giftcard geschenkkarte vorkasse prepay prepayment deposit kaution anzahlung acompte "
        "anticipo caparra aanbetaling sinal überweisungen anzahlungen"
    ),
    "credential": (
        "password passwort kennwort passcode pin tan cvv cvc otp passwort login credentials zugangsdaten "
        "motdepasse contraseña clave wachtwoord senha codice token seed mnemonic"
    ),
    "hazard": (
        "bleach chlorine ammonia acid gasoline petrol bleichmittel chlor ammoniak säure benzin javel acide essence "
        "lejía ácido gasolina candeggina acido benzina bleekmiddel zuur benzine alvejante solder bypass tamper "
        "überbrücken"
    ),
    "remote access": "anydesk teamviewer rustdesk remote remotely fernzugriff fernwartung",
    "contact": "whatsapp telegram signal sms skype discord wechat",
}
"""Kinds of words that only somebody vouched for may bring in, whatever the language."""


@lru_cache(maxsize=1)
def risk_of_word() -> Mapping[str, str]:
    """Word to the kind of its risk; without its accents too, which is how the root of a plural comes."""
    return {
        spelled: kind
        for kind, some in RISKS.items()
        for word in some.split()
        for spelled in (word, without_marks(word))
    }
