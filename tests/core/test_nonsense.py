"""Slips of the keyboard are told from words, in many languages."""

import pytest

from loop.text.nonsense import gibberish

WORDS = (
    "Your refund is on its way.",
    "OK",
    "14:30",
    "Ihre Erstattung kommt in 5 Tagen; die Rechtschreibung ist geprüft.",
    "Wir sind die Muster GmbH.",
    "Use the RTX-4090 with PCIe.",
    "track_parcel",
    "Zażółć gęślą jaźń",
    "Čtvrt hodiny",
    "Děkujeme za vaši zprávu, prosím zkuste to znovu",
    "Hyvää päivää, kiitos viestistäsi",
    "Tack så mycket för ditt mejl",
    "Köszönjük szépen a megkeresését",
    "Obrigado, o seu reembolso foi processado",
    "Lütfen tekrar deneyiniz, teşekkürler",
    "今日は、返金いたします",
    "Спасибо за ваше сообщение",
)
SLIPS = (
    "asdf asdf",
    "qwertz",
    "lkjhg",
    "aaaaaaa",
    "ksjdhf kjshdf",
    "blah blah blah blah",
    "...",
    "fghj dfgh",
    "dsfsdf",
)


@pytest.mark.parametrize("text", WORDS)
def test_language_is_language(text: str) -> None:
    assert gibberish(text) == ""


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_of_the_keyboard_is_quoted(text: str) -> None:
    assert gibberish(text) in text.casefold()
    assert gibberish(text)


def test_what_the_agent_itself_says_is_language() -> None:
    assert gibberish("Xqzvbrt")
    assert gibberish("Xqzvbrt", known=["Our new modem is called Xqzvbrt."]) == ""
