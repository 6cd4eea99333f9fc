"""What a text must be read with, per language, as data: words that carry no claim, units, directions, negation, risk.

Words are written as they come out of `spelling.normalise` and `stem` is applied where they are compared, so one entry
covers its usual endings. Adding a language is adding an entry here; nothing else knows their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True)
class Language:
    """One language. Lists are written as words between spaces; phrases of several words between commas."""

    code: str
    """ISO 639-1."""
    name: str
    """In English."""
    function: str
    """Articles, prepositions, auxiliaries: they say nothing by themselves, and they tell the language."""
    we: str
    """Words for who writes: `we pay` is not `you pay`."""
    you: str
    """Words for who is written to."""
    hinges: str
    """Words that turn a sentence round: negation, exception, order. They must agree exactly."""
    most: str
    """Phrases before a number after which it is the largest: `within`."""
    least: str
    """Phrases before a number after which it is the smallest: `after`."""
    units: Mapping[str, str]
    """Unit to its words."""
    working: str
    """Words that make days working days."""
    politeness: str
    """Small talk: greetings, thanks, closings."""
    ones: str
    """Words for 0 to 19 or 20, in order, `_` for a gap; alternatives between bars."""
    tens: str
    """Words for 20, 30 … 90, in order."""
    joined: str = ""
    """Between ten and one: `and` goes before the ten in German and Dutch (`fünfundzwanzig`)."""
    is_ones_first: bool = False
    hundred: str = ""
    thousand: str = ""
    more_numbers: Mapping[str, int] = field(default_factory=dict)
    """Number words that follow no rule."""
    article_one: str = ""
    """Words for one that are articles too: a number only right before a unit."""
    oclock: str = ""
    """Words after the hour."""


ENGLISH = Language(
    code="en",
    name="English",
    function=(
        "a an the this that these those is are was were be been being am do does did doing done have has had having "
        "will would shall should can could may might must of in on at by for with from to into onto about as and or so "
        "than then there here it its he she they them their his her if when while which who whose what how where why "
        "please thanks thank hello hi also too very just again out up between through it's that's there's such each "
        "either neither own same get gets got let lets one ones"
    ),
    we="we us our ours i me my mine",
    you="you your yours yourself",
    hinges=(
        "not no never none nothing nobody without except unless only cannot neither nor instead before after until "
        "unable against stop avoid refuse always"
    ),
    most="within,in,up to,at most,no more than,less than,under,below,until,by,max,maximum,no later than,not more than",
    least="after,from,at least,no less than,more than,over,above,min,minimum,starting at,not before,earliest",
    units={
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs h",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
    },
    working="business working work workday workdays weekday weekdays",
    politeness=(
        "hi hello hey dear good morning afternoon evening thanks thank please sorry apologies apologise apologize kind "
        "regards best wishes sincerely cheers welcome glad happy help hope ask question questions know further feel "
        "free contact writing wrote write message team great nice day"
    ),
    ones=(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ),
    tens="twenty thirty forty fifty sixty seventy eighty ninety",
    joined="-| ",
    hundred="hundred",
    thousand="thousand",
    more_numbers={"dozen": 12, "fortnight": 14, "nil": 0},
    article_one="one a an",
    oclock="o'clock oclock am pm",
)

GERMAN = Language(
    code="de",
    name="German",
    function=(
        "der die das den dem des ein eine einen einem einer eines ist sind war waren sein bin wird werden wurde wurden "
        "worden hat haben hatte hatten kann können könnte muss müssen soll sollen darf dürfen mag möchte in im an am "
        "auf aus bei mit von vom zu zum zur für über unter durch um als wie und oder so dann da dort hier es er "
        "ihm ihn dass wenn weil wer was wo wann warum welche welcher welches dieser diese dieses jeder jede jedes "
        "alle auch noch schon sehr etwa ca sich man nun mal doch eben gern gerne bitte danke hallo"
    ),
    we="wir uns unser unsere unseren unserem unserer ich mir mich mein meine meinen",
    you="sie ihnen ihr ihre ihren ihrem ihrer du dir dich dein deine deinen",
    hinges=(
        "nicht kein keine keinen keinem keiner nie niemals nichts niemand ohne außer nur sondern statt anstatt bevor "
        "vor nach bis erst immer weder noch stets vermeiden"
    ),
    most="innerhalb von,innerhalb,binnen,in,bis zu,bis,höchstens,maximal,spätestens,unter,weniger als,nicht mehr als",
    least="nach,ab,mindestens,frühestens,mehr als,über,nicht weniger als,erst nach",
    units={
        "minute": "minute minuten min",
        "hour": "stunde stunden std",
        "day": "tag tage tagen tages",
        "week": "woche wochen",
        "month": "monat monate monaten monats",
        "year": "jahr jahre jahren jahres",
        "workday": "werktag werktage werktagen arbeitstag arbeitstage arbeitstagen",
    },
    working="",
    politeness=(
        "hallo guten tag morgen abend liebe lieber geehrte geehrter geehrten damen herren danke dank vielen bitte "
        "entschuldigung leid tut freundliche freundlichen grüße grüßen gruß herzlich herzlichen gerne freuen helfen "
        "hilfe fragen frage melden nachricht team schönen willkommen"
    ),
    ones=(
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
        "siebzehn achtzehn neunzehn"
    ),
    tens="zwanzig dreißig|dreissig vierzig fünfzig sechzig siebzig achtzig neunzig",
    joined="und",
    is_ones_first=True,
    hundred="hundert",
    thousand="tausend",
    more_numbers={"dutzend": 12, "zwo": 2, "anderthalb": 1},
    article_one="ein eine einen einem einer eines",
    oclock="uhr",
)

FRENCH = Language(
    code="fr",
    name="French",
    function=(
        "le la les l un une des du de d au aux à a ce cet cette ces c est sont était être été suis sera seront ont "
        "avoir avait peut peuvent pouvez doit doivent faut en dans sur sous par pour avec chez et ou où si alors donc "
        "que qu qui quoi dont quand comme comment il elle ils elles lui leur leurs on y se s son sa ses ne n tout tous "
        "merci bonjour svp toute toutes plus très aussi encore déjà ici là entre vers"
    ),
    we="nous notre nos je j me m mon ma mes",
    you="vous votre vos tu te ton ta tes",
    hinges=(
        "pas jamais aucun aucune rien personne sans sauf sauf seulement uniquement ni avant après jusque jusqu "
        "toujours plutôt éviter"
    ),
    most="sous,dans,dans un délai de,en,jusqu'à,jusqu à,au plus,maximum,moins de,au maximum,d'ici,d ici",
    least="après,à partir de,dès,au moins,minimum,plus de,au bout de",
    units={
        "minute": "minute minutes min",
        "hour": "heure heures",
        "day": "jour jours",
        "week": "semaine semaines",
        "month": "mois",
        "year": "an ans année années",
    },
    working="ouvré ouvrés ouvrable ouvrables",
    politeness=(
        "bonjour bonsoir salut cher chère chers madame monsieur merci remercie remercions svp plaît désolé désolée "
        "excuses excusez cordialement cordiales salutations bien vouloir aider aide question questions hésitez "
        "contacter message équipe bonne journée bienvenue"
    ),
    ones=(
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
        "dix-huit dix-neuf"
    ),
    tens="vingt trente quarante cinquante soixante soixante-dix|septante quatre-vingt|quatre-vingts|huitante "
    "quatre-vingt-dix|nonante",
    joined="-| | et |-et-",
    hundred="cent",
    thousand="mille",
    more_numbers={"douzaine": 12, "quinzaine": 15, "soixante et onze": 71},
    article_one="un une",
    oclock="heures heure h",
)

SPANISH = Language(
    code="es",
    name="Spanish",
    function=(
        "el la los las lo un una unos unas de del al a en con por para sobre desde entre y e o u que es son era ser "
        "sido está están estar fue ha han haber había puede pueden debe deben como si cuando donde quien cual este "
        "esta estos estas ese esa eso se le les su sus muy más también ya aquí allí todo toda todos todas cada otro "
        "otra hay tiene tienen gracias hola favor"
    ),
    we="nosotros nos nuestro nuestra nuestros nuestras yo me mi mis",
    you="usted ustedes tu tus te ti vosotros vuestro vuestra",
    hinges="no nunca jamás ningún ninguna ninguno nada nadie sin salvo excepto solo sólo ni antes después hasta "
    "siempre",
    most="dentro de,en,hasta,como máximo,máximo,menos de,a más tardar,en un plazo de",
    least="después de,tras,desde,a partir de,al menos,mínimo,como mínimo,más de",
    units={
        "minute": "minuto minutos min",
        "hour": "hora horas",
        "day": "día días dia dias",
        "week": "semana semanas",
        "month": "mes meses",
        "year": "año años",
    },
    working="hábil hábiles laborable laborables",
    politeness=(
        "hola buenos buenas días tardes noches estimado estimada gracias favor perdón disculpe disculpas saludos "
        "cordial cordiales atentamente ayudar ayuda pregunta preguntas duda dudas mensaje equipo bienvenido encantado"
    ),
    ones=(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
        "diecisiete dieciocho diecinueve"
    ),
    tens="veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    joined=" y ",
    hundred="cien|ciento",
    thousand="mil",
    more_numbers={
        "veintiuno": 21, "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26,
        "veintisiete": 27, "veintiocho": 28, "veintinueve": 29, "docena": 12, "quincena": 15,
    },
    article_one="un una uno",
    oclock="horas",
)  # fmt: skip

ITALIAN = Language(
    code="it",
    name="Italian",
    function=(
        "il lo la i gli le l un uno una di del dello della dei degli delle d a al allo alla ai agli alle da dal dalla "
        "in nel nella nei nelle con su sul sulla per tra fra e ed o che chi cui è sono era essere stato stata ha hanno "
        "avere può possono deve devono come se quando dove questo questa questi queste quello quella si ci ne molto "
        "più anche già qui tutto tutta tutti tutte ogni altro altra grazie prego ciao favore"
    ),
    we="noi nostro nostra nostri nostre io mi mio mia",
    you="lei voi vostro vostra vostri suo sua suoi tu ti tuo tua",
    hinges="non mai nessun nessuno nessuna niente nulla senza tranne eccetto solo soltanto né prima dopo fino sempre",
    most="entro,in,fino a,al massimo,massimo,meno di",
    least="dopo,da,a partire da,almeno,minimo,più di,oltre",
    units={
        "minute": "minuto minuti min",
        "hour": "ora ore",
        "day": "giorno giorni",
        "week": "settimana settimane",
        "month": "mese mesi",
        "year": "anno anni",
    },
    working="lavorativo lavorativi feriale feriali",
    politeness=(
        "ciao salve buongiorno buonasera gentile gentili caro cara grazie prego favore scusi scusa spiace cordiali "
        "saluti distinti aiutare aiuto domanda domande messaggio squadra team benvenuto lieti"
    ),
    ones=(
        "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
        "diciassette diciotto diciannove"
    ),
    tens="venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    joined="| ",
    hundred="cento",
    thousand="mille|mila",
    more_numbers={"ventuno": 21, "ventotto": 28, "trentuno": 31, "dozzina": 12, "quindicina": 15},
    article_one="un uno una",
    oclock="ore",
)

DUTCH = Language(
    code="nl",
    name="Dutch",
    function=(
        "de het een 't is zijn was waren ben wordt worden werd werden heeft hebben had hadden kan kunnen kon moet "
        "moeten mag mogen zal zullen zou zouden in op aan bij met van voor naar te ten ter om uit over door als en of "
        "dat die dit deze dan daar er hier hij zij ze hem haar hun wie wat waar wanneer waarom welke elk elke alle "
        "ook nog al zeer heel zo maar even alstublieft graag bedankt hallo"
    ),
    we="wij we ons onze ik mij me mijn",
    you="u uw jij je jouw jullie",
    hinges="niet geen nooit niets niemand zonder behalve alleen tenzij noch voordat nadat na tot pas altijd",
    most="binnen,in,tot,maximaal,hoogstens,uiterlijk,minder dan,niet meer dan",
    least="na,vanaf,minstens,minimaal,ten minste,meer dan,op zijn vroegst",
    units={
        "minute": "minuut minuten min",
        "hour": "uur uren",
        "day": "dag dagen",
        "week": "week weken",
        "month": "maand maanden",
        "year": "jaar jaren",
        "workday": "werkdag werkdagen",
    },
    working="",
    politeness=(
        "hallo goedemorgen goedemiddag goedenavond goedendag beste geachte dank bedankt alstublieft graag sorry "
        "excuses vriendelijke groet groeten helpen hulp vraag vragen bericht team welkom fijne"
    ),
    ones=(
        "nul één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
        "achttien negentien"
    ),
    tens="twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    joined="en|ën",
    is_ones_first=True,
    hundred="honderd",
    thousand="duizend",
    more_numbers={"dozijn": 12},
    article_one="een één",
    oclock="uur",
)

PORTUGUESE = Language(
    code="pt",
    name="Portuguese",
    function=(
        "o a os as um uma uns umas de do da dos das em no na nos nas ao à aos às com por para pelo pela sobre desde "
        "entre e ou que é são era ser sido está estão estar foi tem têm ter havia pode podem deve devem como se quando "
        "onde quem qual este esta estes estas esse essa isso isto lhe seu sua seus suas muito mais também já aqui ali "
        "todo toda todos todas cada outro outra há obrigado obrigada olá favor"
    ),
    we="nós nosso nossa nossos nossas eu me meu minha",
    you="você vocês tu te teu tua senhor senhora",
    hinges="não nunca jamais nenhum nenhuma nada ninguém sem exceto salvo só somente apenas nem antes depois até "
    "sempre",
    most="dentro de,em,em até,até,no máximo,máximo,menos de,no prazo de",
    least="após,depois de,a partir de,desde,pelo menos,mínimo,no mínimo,mais de",
    units={
        "minute": "minuto minutos min",
        "hour": "hora horas",
        "day": "dia dias",
        "week": "semana semanas",
        "month": "mês meses mes",
        "year": "ano anos",
    },
    working="útil úteis",
    politeness=(
        "olá oi bom boa dia tarde noite caro cara prezado prezada obrigado obrigada favor desculpe desculpas "
        "cumprimentos atenciosamente cordialmente ajudar ajuda pergunta perguntas dúvida dúvidas mensagem equipe "
        "equipa bem-vindo"
    ),
    ones=(
        "zero um|hum dois|duas três quatro cinco seis sete oito nove dez onze doze treze quatorze|catorze quinze "
        "dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove"
    ),
    tens="vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    joined=" e ",
    hundred="cem|cento",
    thousand="mil",
    more_numbers={"dúzia": 12, "quinzena": 15},
    article_one="um uma",
    oclock="horas hora",
)

LANGUAGES: Mapping[str, Language] = {
    one.code: one for one in (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, PORTUGUESE)
}
"""By code; English first, which is what a text without a word of any counts as."""

RISKS: Mapping[str, str] = {
    "payment": (
        "iban bic swift wire transfer überweisen überweisung überweise virement virez transferencia bonifico "
        "overmaken overschrijving transferência bitcoin crypto krypto cripto ethereum paypal zelle venmo moneygram "
        "western paysafecard giftcard geschenkkarte vorkasse prepay prepayment deposit kaution anzahlung acompte "
        "anticipo caparra aanbetaling sinal"
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
    """Word to the kind of its risk."""
    return {word: kind for kind, some in RISKS.items() for word in some.split()}


@lru_cache(maxsize=1)
def told_by() -> Mapping[str, tuple[str, ...]]:
    """Function word to the languages it speaks for."""
    found: dict[str, list[str]] = {}
    for code, one in LANGUAGES.items():
        for word in {
            *one.politeness.split(),
            *one.function.split(),
            *one.we.split(),
            *one.you.split(),
            *one.hinges.split(),
        }:
            found.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in found.items()}
