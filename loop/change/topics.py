"""Stakes vocabulary: the words that make a change costly when it is wrong, by topic and language, as data.

Whole words; `refund*` is any word that begins so; `free_of_charge` is a phrase. A word of one language that is an
everyday word of another is left out (Dutch “wet”, law; German “Brand”, fire). What needs no language, such as sums,
links and account numbers, is found by form in `loop.change.stakes`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from loop.text.spelling import fold

_PAYMENT_AND_MONEY = {
    "en": (
        "refund* reimburs* compensat* discount* voucher* waive* credit credits credited pay pays paid payment* "
        "payout* fee fees price* free_of_charge money_back invoice* surcharge* cashback deposit* instal?ment* "
        "iban bank_account* bank_transfer* card_number* direct_debit*"
    ),
    "de": (
        "erstatt* rückerstatt* zurückerstatt* rückzahl* entschädig* rabatt* gutschein* gutschrift* gebühr* preis "
        "preise preisen kostenlos* gratis rechnung* zahlung* bezahl* zahlen zahlt zinsen zinssatz kaution* "
        "überweis* lastschrift* kontonummer* kreditkarte* mahn*"
    ),
    "fr": (
        "rembours* indemnis* remise* réduction* bon_d'achat bons_d'achat avoir_de frais tarif* prix gratuit* "
        "facture* paiement* payer payez paie virement* prélèvement* caution carte_bancaire coordonnées_bancaires "
        "intérêts"
    ),
    "es": (
        "reembols* devolución_del_dinero indemniz* compensación descuento* vale_de cupón cupones tarifa* precio* "
        "gratis gratuit* factura* pago pagos pagar pague comisión comisiones transferencia* domiciliación "
        "tarjeta_de_crédito fianza"
    ),
    "it": (
        "rimbors* indennizz* risarc* sconto sconti buono_sconto buoni_sconto tariff* prezzo prezzi gratis "
        "gratuit* fattur* pagament* pagare paga commission* bonific* addebit* carta_di_credito cauzione"
    ),
    "nl": (
        "terugbetal* vergoed* schadevergoeding* korting* tegoedbon* kosten kosteloos gratis prijs prijzen factuur "
        "facturen betaling* betalen betaal betaalt geld overschrijving* incasso rekeningnummer* creditcard* "
        "borgsom"
    ),
    "pt": (
        "reembols* indemniza* indeniza* desconto* vale_de cupom tarifa* taxa taxas preço* grátis gratuit* fatura* "
        "pagamento* pagar pague juros transferência* débito_direto cartão_de_crédito caução"
    ),
}
_LEGAL = {
    "en": (
        "legal* law laws lawyer* lawsuit* liab* guarantee* warrant* contract* terms_and_conditions gdpr consent* "
        "court courts regulat* tax taxes sue statutory privacy_policy"
    ),
    "de": (
        "rechtlich* rechtsanwalt* anwalt* anwält* gesetz* klage haft haftung haftet haften garantie* gewährleist* "
        "vertrag* verträge agb dsgvo einwillig* gericht* steuer* widerruf* kündigung* datenschutz*"
    ),
    "fr": (
        "juridique* avocat* loi lois procès responsabilité garantie* contrat* conditions_générales rgpd "
        "consentement tribunal tribunaux impôt* taxe taxes rétractation résiliation"
    ),
    "es": (
        "legal* abogad* ley leyes demanda_judicial responsabilidad garantía* contrato* condiciones_generales rgpd "
        "consentimiento tribunal* impuesto* desistimiento"
    ),
    "it": (
        "legale legali avvocat* legge leggi causa_legale responsabilità garanzi* contratt* condizioni_generali "
        "gdpr consenso tribunale tribunali imposta imposte tassa tasse recesso"
    ),
    "nl": (
        "juridisch* wettelijk* advocat* advocaat rechtszaak aansprakelijk* garantie* contract* "
        "algemene_voorwaarden avg toestemming rechtbank* belasting* herroep* opzegg*"
    ),
    "pt": (
        "jurídic* legal* advogad* lei leis processo_judicial responsabilidade garantia* contrato* "
        "condições_gerais rgpd lgpd consentimento tribunal tribunais imposto* rescisão"
    ),
}
_SAFETY = {
    "en": (
        "safety danger* emergenc* suicid* self-harm self_harm medic* dose doses dosage poison* injur* fire "
        "gas_leak password* passcode* one-time_code* one_time_code* verification_code* identity_check* "
        "security_question* pin_code* cvv remote_access"
    ),
    "de": (
        "sicherheit* gefahr* gefähr* notfall* notfäll* notruf* selbstmord* suizid* arzt ärzt* medikament* dosis "
        "dosierung* gift* verletz* feuer* passwort* passwört* kennwort* einmalcode* bestätigungscode* geheimzahl* "
        "fernzugriff*"
    ),
    "fr": (
        "sécurité danger* urgence* suicid* médecin* médicament* dose doses dosage poison* blessure* incendie* "
        "mot_de_passe mots_de_passe code_de_vérification code_secret"
    ),
    "es": (
        "seguridad peligro* emergencia* suicid* médic* medicament* dosis veneno* lesion* incendio* contraseña* "
        "código_de_verificación clave_secreta"
    ),
    "it": (
        "sicurezza pericol* emergenz* suicid* medic* farmac* dose dosi dosaggio velen* lesion* incendi* password "
        "codice_di_verifica parola_d'ordine"
    ),
    "nl": (
        "veiligheid* gevaar* gevaren noodgeval* zelfmoord* arts artsen medicijn* dosis dosering* vergif* gif "
        "letsel brandgevaar brandweer wachtwoord* verificatiecode* pincode*"
    ),
    "pt": (
        "segurança perig* emergência* suicíd* médic* medicament* dose doses dosagem veneno* lesão lesões "
        "incêndio* senha* palavra-passe palavras-passe código_de_verificação"
    ),
}
_DURATIONS = {
    "en": "day* business_day* working_day* week* month* year* hour* minute*",
    "de": "tag tage tagen werktag* arbeitstag* woche* monat* jahr* stunde* minute*",
    "fr": "jour* jours_ouvrés jours_ouvrables semaine* mois an ans année* heure* minute*",
    "es": "día días días_hábiles semana* mes meses año años hora horas minuto*",
    "it": "giorno giorni giorni_lavorativi settiman* mese mesi anno anni ora ore minut*",
    "nl": "dag dagen werkdag* week weken maand* jaar jaren uur uren minuten minuut",
    "pt": "dia dias dias_úteis semana* mês meses ano anos hora horas minuto*",
}
_NUMBERS = {
    "en": "two three four five six seven eight nine ten eleven twelve fourteen fifteen twenty thirty sixty ninety",
    "de": (
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf vierzehn fünfzehn zwanzig dreißig sechzig neunzig"
    ),
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze quatorze quinze vingt trente soixante",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce catorce quince veinte treinta sesenta noventa",
    "it": (
        "due tre quattro cinque sei sette otto nove dieci undici dodici quattordici quindici venti trenta "
        "sessanta novanta"
    ),
    "nl": ("twee drie vier vijf zes zeven acht negen tien elf twaalf veertien vijftien twintig dertig zestig negentig"),
    "pt": (
        "dois duas três quatro cinco seis sete oito nove dez onze doze catorze quinze vinte trinta sessenta noventa"
    ),
}
_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar jänner februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
TOPICS: Mapping[str, Mapping[str, str]] = {
    "money": _PAYMENT_AND_MONEY,
    "legal matters": _LEGAL,
    "safety or security": _SAFETY,
}
"""By topic and language, words."""


def words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern of whole words and phrases, case ignored; the longest at a place wins. At least one word."""
    found = sorted({_spelled(word) for word in words}, key=lambda one: (-len(one), one))
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(found)})(?!\w)")


def _spelled(word: str) -> str:
    stem = (
        re.escape(word.rstrip("*")).replace("_", r"\s+").replace(r"\ ", r"\s+").replace(r"\?", "?").replace("'", "['’]")
    )
    return stem + (r"\w*" if word.endswith("*") else "")


@lru_cache(maxsize=256)
def own_pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """The operator's own words; None when there are none."""
    folded = [one for word in words if (one := fold(word).strip("*").strip()) and word.strip()]
    kept = [f"{one}*" if word.rstrip().endswith("*") else one for one, word in zip(folded, words, strict=False)]
    return words_pattern(kept) if kept else None


def _all(table: Mapping[str, str]) -> list[str]:
    return [word for words in table.values() for word in words.split()]


TOPIC_PATTERNS: Mapping[str, re.Pattern[str]] = {topic: words_pattern(_all(table)) for topic, table in TOPICS.items()}
"""By topic, its words in every language."""
_COUNT = rf"(?:\d+(?:[.,]\d+)?(?:\s?[-–]\s?\d+)?|{'|'.join(sorted(_all(_NUMBERS), key=len, reverse=True))})"
_UNIT = words_pattern(_all(_DURATIONS)).pattern.removeprefix("(?i)")
_MONTH = words_pattern(_all(_MONTHS)).pattern.removeprefix("(?i)")
DATE_PATTERN = re.compile(
    rf"(?i)(?<!\w){_COUNT}\s{{1,3}}{_UNIT}"
    rf"|(?<!\w)\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?\s(?:de\s|of\s)?{_MONTH}|{_MONTH}\s\d{{1,2}}(?!\w)"
    r"|(?<![\w.])\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})(?![\w.])|(?<!\w)\d{4}-\d{2}-\d{2}(?!\w)"
    r"|(?<![\w:])\d{1,2}:\d{2}(?![\w:])"
)
"""A date, a time of day, or a duration with its number."""
