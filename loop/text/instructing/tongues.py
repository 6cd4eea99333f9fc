"""Rules in other languages: drop the orders, take another role or task, give away a secret."""

from loop.text.instructing.rules import Rule, rule

_DROPS = "tells the system to drop its instructions, in {}"
_ASKS = "asks for something secret, in {}"
_GIVES = "gives the system another task or role, in {}"

TONGUES: tuple[Rule, ...] = (
    rule(
        "override_german",
        4.0,
        "ignorier|vergiss|vergessen|missacht|abweichend|anweisungen|obige|vorherige|bisherige",
        r"\b(?:ignorier\w*|vergiss|vergessen\s+sie|missachte\w*)\b.{0,40}"
        r"\b(?:alle\w*|anweisung\w*|aufträge\w*|vorher\w*|davor|obige\w*|bisherige\w*|gesagte\w*|instruktion\w*|regeln?|vorgaben)\b"
        r"|\b(?:obigen?|vorherigen?|bisherigen?)\b.{0,30}\b(?:ignorieren|vergessen|missachten|ungültig)\b|\babweichend\W+(?:von|zu)\b.{0,25}\b(?:instruktion\w*|anweisung\w*|vorgaben)\b"
        r"|\banweisungen\W+beiseite\b",
        _DROPS.format("German"),
    ),
    rule(
        "task_german",
        3.0,
        "aufgabe|anweisung|nun |jetzt|herausforderung|rolle|fungier|möchte|achtung",
        r"\b(?:sehr\W+(?:gut|schön)|gut\W+gemacht|großartig|erledigt|genug|toll|ok)\b.{0,60}\b(?:verfasse|nun|jetzt)\b.{0,40}\b(?:manifest|rede|schreib\w*|erzähl\w*|aufgabe|anweisung\w*|herausforderung|brauche\W+ich|hilfe)\b"
        r"|\berledigt\b.{0,30}\bnun\b|\b(?:nun|jetzt)\W+(?:folgen|kommen|kommt)\W+(?:eine\W+)?neue\b|\bneue\W+(?:anweisung|herausforderung|aufgabe)\b\s*[:.]?|\bweiteren\W+aufgabe\b"
        r"|\bachtung\b\W{1,5}(?:stopp?|halt)\b|\b(?:in|deiner?)\W+rolle\b.{0,20}\bauf\b|\bnun\W+bist\W+du\b|\bals\b.{0,60}\bfungier\w+|\bich\W+möchte,?\W+dass\W+(?:sie|du)\W+als\b",
        _GIVES.format("German"),
    ),
    rule(
        "dictate_german",
        2.5,
        "sag|antworte|gib |unwahre|frage|dokument|oder du|stell dir|was st|anweisungen",
        r"\bsag(?:e|t|en\W+sie)?\W+(?:mir\W+)?,?\W*dass\W+(?:du|ich|alle|man)\b|\bantworte\W+(?:nur|ausschließlich|mit|im|wie)\b|\bgib\W+(?:nur|eine\W+antwort)\b|\bunwahre\w*\b|\bstell\W+dir\W+vor\W*,?\W*du\W+(?:bist|wärst)\b|\boder\W+du\W+(?:stirbst|wirst)\b"
        r"|\b(?:frage|dokumente?)\W+nicht\b.{0,30}\b(?:nur|sondern)\b|\bwas\W+st(?:eht|and|eht)\W+(?:am\W+anfang|oben|im\W+prompt)\b|\banweisungen\W+wort\W+für\W+wort\b",
        _GIVES.format("German"),
    ),
    rule(
        "secret_german",
        3.0,
        "passwort|kennwort|geheim",
        r"\b(?:wie\W+(?:ist|lautet)|was\W+ist|nenn\w*|verrat\w*|sag\w*|gib\w*|geben|zeig\w*)\b(?:(?!\bnie).){0,30}\b(?:das|dein|ihr|euer|unser|das\W+geheime)\W+(?:\w+\W+)?(?:passwort|kennwort|geheimnis)\b(?!\W+(?:nie|nicht))",
        _ASKS.format("German"),
    ),
    rule(
        "override_french",
        4.0,
        "oubli|ignor|compte",
        r"\b(?:oublie[zr]?|ignore[zr]?)\b.{0,20}\b(?:tou[ts]\w*|les|tes|vos)\b.{0,15}\b(?:instructions?|consignes?|règles?|précède|dessus)\b|\bne\W+tiens\W+pas\W+compte\b",
        _DROPS.format("French"),
    ),
    rule(
        "task_french",
        3.0,
        "maintenant|désormais|partir|nouvelle|agis|réponds|répète|imagine",
        r"\b(?:tu\W+es|vous\W+êtes)\W+(?:maintenant|désormais)\b|\bà\W+partir\W+de\W+maintenant\b|\bnouvelles?\W+(?:instructions?|consignes?|tâche)\b\s*:?|\bagis\W+comme\b|\bréponds\W+(?:seulement|uniquement)\b"
        r"|\brépète\W+le\W+texte\b|\bc'est\W+fait\b.{0,10}\bmaintenant\b",
        _GIVES.format("French"),
    ),
    rule(
        "secret_french",
        3.0,
        "mot de passe|clé|où habite|instructions secr",
        r"\bquel\W+est\W+(?:le|ton|votre)\W+mot\W+de\W+passe\b|\bdonne[zr]?\W*moi\W+(?:la\W+clé|le\W+mot)\b|\boù\W+habite\b|\binstructions\W+(?:secrètes|cachées)\b",
        _ASKS.format("French"),
    ),
    rule(
        "override_spanish",
        4.0,
        "olvid|ignor",
        r"\b(?:olvid[ae]\w*|ignor[ae]\w*)\b.{0,20}\b(?:todas?|todo|las|tus|lo)\b.{0,20}\b(?:instruccion\w*|reglas|digo|anterior\w*)\b",
        _DROPS.format("Spanish"),
    ),
    rule(
        "task_spanish",
        3.0,
        "ahora|partir|nueva|actúa|responde|repite|imagina|finge",
        r"\bahora\W+eres\b|\ba\W+partir\W+de\W+ahora\b|\bnueva\W+(?:orden|instrucción|tarea)\b\s*:?|\bactúa\W+como\b|\bresponde\W+(?:solo|sólo|únicamente)\b|\brepite\W+el\W+texto\b|\bestá\W+hecho\b.{0,10}\bahora\b",
        _GIVES.format("Spanish"),
    ),
    rule(
        "secret_spanish",
        3.0,
        "contraseña|clave|dónde vive|instrucciones ocul",
        r"\bcuál\W+es\W+(?:la|tu|su)\W+contraseña\b|\bd[aá]me\W+(?:la|tu)\W+(?:clave|contraseña)\b|\bdónde\W+vive\b|\binstrucciones\W+(?:ocultas|secretas)\b",
        _ASKS.format("Spanish"),
    ),
    rule(
        "override_italian",
        4.0,
        "dimentica|ignora",
        r"\b(?:dimentica\w*|ignora\w*)\b.{0,20}\b(?:tue|tutt\w+|quanto|precedent\w+|le)\b.{0,20}\b(?:regole|istruzioni|sopra|precedent\w+)\b",
        _DROPS.format("Italian"),
    ),
    rule(
        "task_italian",
        3.0,
        "adesso|d'ora|nuova|comportati|rispondi|ripeti|finta",
        r"\b(?:adesso|ora)\W+sei\b|\bd'ora\W+in\W+poi\b|\bnuova\W+istruzione\b|\bcomportati\W+come\b|\brispondi\W+(?:soltanto|solo)\b|\bripeti\W+il\W+testo\b|\bfai\W+finta\b",
        _GIVES.format("Italian"),
    ),
    rule(
        "secret_italian",
        3.0,
        "password|parola d'ordine|dove abita|istruzioni nasc|chiave",
        r"\bqual\W*è\W+la\W+(?:tua\W+)?(?:password|parola\W+d'ordine)\b|\bdammi\W+la\W+(?:chiave|password)\b|\bdove\W+abita\b|\bistruzioni\W+nascoste\b",
        _ASKS.format("Italian"),
    ),
    rule(
        "override_portuguese",
        4.0,
        "esqueça|esquece|ignore",
        r"\b(?:esque[çc]\w+|ignore)\b.{0,20}\b(?:as|suas|tuas|todas?|tudo)\b.{0,20}\b(?:regras|instruções|acima|anterior\w*)\b",
        _DROPS.format("Portuguese"),
    ),
    rule(
        "task_portuguese",
        3.0,
        "agora|partir|nova|responda|repita|finja",
        r"\bagora\W+(?:você|tu)\W+(?:é|és)\b|\ba\W+partir\W+de\W+agora\b|\bnova\W+instrução\b|\bresponda\W+(?:apenas|só|somente)\b|\brepita\W+o\W+texto\b|\bfinja\b",
        _GIVES.format("Portuguese"),
    ),
    rule(
        "secret_portuguese",
        3.0,
        "senha|palavra-passe|onde mora|instruções secr|chave",
        r"\bqual\W+é\W+a\W+(?:sua\W+)?(?:senha|palavra-passe)\b|\b(?:dê|dá)\W*(?:me)?\W+a\W+(?:chave|senha)\b|\bcompartilh\w+\W+su?a\W+senha\b|\bonde\W+mora\b|\binstruções\W+secretas\b",
        _ASKS.format("Portuguese"),
    ),
    rule(
        "override_dutch",
        4.0,
        "vergeet|negeer",
        r"\b(?:vergeet|negeer)\b.{0,20}\b(?:je|alle\w*|alles|de)\b.{0,20}\b(?:regels|instructies|hierboven|voorgaande|eerdere)\b",
        _DROPS.format("Dutch"),
    ),
    rule(
        "task_dutch",
        3.0,
        "je bent nu|vanaf nu|nieuwe opdracht|antwoord alleen|herhaal de tekst|doe alsof",
        r"\bje\W+bent\W+nu\b|\bvanaf\W+nu\W+(?:zeg|antwoord|ben)\b|\bnieuwe\W+opdracht\b|\bantwoord\W+alleen\b|\bherhaal\W+de\W+tekst\b|\bdoe\W+alsof\W+je\b",
        _GIVES.format("Dutch"),
    ),
    rule(
        "secret_dutch",
        3.0,
        "wachtwoord|geheime instr|waar woont|sleutel",
        r"\bwat\W+is\W+(?:het|je|jullie)\W+wachtwoord\b|\bgeef\W+me\W+de\W+sleutel\b|\bgeheime\W+instructies\b|\bwaar\W+woont\b",
        _ASKS.format("Dutch"),
    ),
    rule(
        "override_slavic",
        4.0,
        "zaborav|zapom|забуд|игнор",
        r"\bzaborav\w+\b.{0,25}\b(?:instrukc\w+|pravil\w+|sve)\b|\bzapomn?\w+\b.{0,25}\b(?:zasad\w*|instrukc\w*|pravidl\w*)\b|\b(?:забудь\w*|игнорир\w+)\b.{0,30}\b(?:правил\w*|инструкц\w*|вс[её]|предыдущ\w*)\b",
        _DROPS.format("a Slavic language"),
    ),
    rule(
        "override_east",
        4.0,
        "忽略|无视|無視|忘记|忘掉|忘れ|무시|잊|تجاهل|भूल|अनदेखी|αγνοή|unut|bhool",
        r"निर्देश.{0,12}अनदेखी|αγνοή\w+.{0,20}(?:οδηγίες|κανόνες)|(?:忽略|无视|無視し|忘记|忘掉).{0,12}(?:指示|指令|规则|之前|以前|所有)|(?:指示|指令|ルール|規則).{0,6}(?:無視|忘れ)|(?:지시|규칙).{0,6}(?:무시|잊)|تجاهل.{0,15}(?:التعليمات|السابق)|नियम.{0,8}भूल|\bkuralları\W+unut|niyam\W+bhool",
        _DROPS.format("another language"),
    ),
    rule(
        "secret_world",
        3.0,
        "парол|密码|パスワード|şifre|비밀번호|كلمة|hasło|lösenord|salasana",
        r"\bкак(?:ой|ов)\b.{0,12}\bпароль\b|\bскажи\b.{0,12}\bпароль\b|密码是(?:什么|多少)|告诉我.{0,4}密码|パスワードは何|パスワードを?教え|パスワードが必要|\bşifre(?:n|niz)?\W+nedir|\bşifreyi\W+söyle|비밀번호(?:가|는)\W*(?:뭐|무엇|필요)|ما\W+(?:هي\W+)?كلمة\W+(?:المرور|السر)|أخبرني.{0,10}كلمة|\bjakie\W+(?:jest\W+)?hasło|\bberätta\W+lösenordet|\bkerro\W+salasana",
        _ASKS.format("another language"),
    ),
    rule(
        "live_world",
        3.0,
        "жив|wohnt|住|रहता|ζει",
        r"\bгде\b.{0,12}\bжив[её]т\b|\bwo\W+wohnt\W+(?:der|die)\W+(?:benutzer|nutzer|kunde|user)\w*\b|(?:用户|ユーザー).{0,8}(?:住|どこ)|उपयोगकर्ता.{0,20}रहता|πού\W+ζει",
        "asks where somebody lives",
    ),
)
