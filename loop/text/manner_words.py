"""Words of manner, policy and exception, as data: English, German, French, Spanish, Italian, Dutch, Portuguese.

Phrases are compared as normalised words; a phrase that ends in `*` stands for every word that begins so.
"""

GREETINGS = (
    "hi", "hello", "hey", "dear", "good morning", "good afternoon", "good evening",
    "hallo", "liebe", "lieber", "sehr geehrte*", "guten tag", "guten morgen", "moin", "servus", "grüezi",
    "bonjour", "bonsoir", "chère", "cher", "salut", "hola", "buenos días", "buenas tardes", "estimado", "estimada",
    "ciao", "buongiorno", "salve", "gentile", "beste", "geachte", "goedemorgen", "goedendag",
    "olá", "bom dia", "boa tarde", "caro", "cara", "prezado", "prezada",
)  # fmt: skip
SIGN_OFFS = (
    "best", "best regards", "kind regards", "warm regards", "regards", "cheers", "sincerely", "yours", "take care",
    "all the best", "best wishes", "your team", "mit freundlichen grüßen", "freundliche grüße", "viele grüße",
    "beste grüße", "liebe grüße", "herzliche grüße", "mfg", "lg", "vg", "cordialement", "bien cordialement",
    "bien à vous", "saludos", "un saludo", "atentamente", "cordiali saluti", "saluti", "distinti saluti",
    "met vriendelijke groet", "groeten", "groetjes", "mvg", "atenciosamente", "cumprimentos", "abraço", "abraços",
)  # fmt: skip
COURTESIES = (
    "thank*", "sorry", "apolog*", "happy to help", "glad", "let me know", "feel free", "hope this helps",
    "have a nice", "have a great", "i understand", "we understand", "danke", "vielen dank", "tut mir leid",
    "tut uns leid", "entschuldig*", "melden sie sich", "schönen tag", "merci", "désolé*",
    "excus*", "n'hésitez pas", "avec plaisir", "bonne journée", "gracias", "lo siento", "disculp*", "con gusto",
    "encantad*", "grazie", "mi dispiace", "ci scusiamo", "scus*", "volentieri", "bedankt", "dank u", "excuses",
    "obrigad*", "desculp*", "com prazer", "lamento",
)  # fmt: skip
SOFTENERS = (
    "please", "kindly", "just", "simply", "bitte", "gerne", "einfach", "s'il vous plaît", "svp", "por favor",
    "per favore", "per cortesia", "alstublieft", "graag", "se faz favor",
)  # fmt: skip
POLICIES = (
    "must", "may not", "must not", "cannot", "can not", "can't", "not possible", "only if", "unless",
    "allowed", "not allowed", "entitled", "eligible", "required", "policy", "terms", "never", "always", "refund*",
    "no refund", "warranty", "guarantee", "free of charge", "muss", "müssen", "darf", "dürfen", "nicht möglich",
    "nur wenn", "es sei denn", "anspruch", "berechtigt", "erlaubt", "bedingungen", "richtlinie*", "erstatt*",
    "kostenlos", "garantie", "gewährleistung", "doit", "devez", "ne peut pas", "ne pouvez pas", "seulement si",
    "sauf si", "droit", "autorisé", "conditions", "rembours*", "gratuit*", "debe", "deben", "no puede", "solo si",
    "salvo", "derecho", "permitid*", "condiciones", "reembols*", "gratis", "garantía", "deve", "non può", "solo se",
    "a meno che", "diritto", "permess*", "condizioni", "rimbors*", "gratuito", "moet", "mag niet", "kan niet",
    "alleen als", "tenzij", "recht op", "toegestaan", "voorwaarden", "terugbetal*", "kosteloos", "não pode",
    "só se", "a menos que", "direito", "permitido", "condições", "garantia",
)  # fmt: skip
STEPS = (
    "click", "open", "go to", "select", "choose", "enter", "tap", "press", "restart", "log in", "sign in", "download",
    "send us", "check", "then", "first", "next", "finally", "klicken", "öffnen", "gehen sie", "wählen", "geben sie",
    "starten sie", "melden sie sich an", "laden sie", "senden sie", "prüfen", "dann", "zuerst", "danach", "cliquez",
    "ouvrez", "allez", "sélectionnez", "saisissez", "redémarrez", "connectez", "envoyez", "vérifiez", "ensuite",
    "d'abord", "puis", "haga clic", "abra", "vaya", "seleccione", "introduzca", "reinicie", "inicie sesión", "envíe",
    "compruebe", "luego", "después", "primero", "clicca", "fare clic", "apra", "apri", "vai", "selezion*", "inserisc*",
    "riavvi*", "acced*", "invi*", "controll*", "poi", "prima", "klik", "ga naar", "selecteer", "kies", "voer",
    "start opnieuw", "log in", "stuur", "controleer", "daarna", "eerst", "clique", "vá para", "selecione", "introduza",
    "reinicie", "inicie sessão", "envie", "verifique", "depois", "primeiro",
)  # fmt: skip
EXCEPTIONS = (
    "as an exception", "as a one time exception", "one time exception", "make an exception", "made an exception",
    "an exception for you", "exceptionally", "as a goodwill gesture", "gesture of goodwill", "goodwill credit",
    "out of goodwill", "just this once", "this one time", "only this time",
    "ausnahmsweise", "als ausnahme", "eine ausnahme", "aus kulanz", "kulanzweise", "auf kulanz", "nur dieses mal",
    "à titre exceptionnel", "exceptionnellement", "une exception", "geste commercial", "pour cette fois",
    "por esta vez", "solo por esta vez", "excepcionalmente", "de forma excepcional", "como excepción",
    "una excepción", "gesto comercial", "in via eccezionale", "eccezionalmente", "un'eccezione",
    "solo per questa volta",
    "gesto commerciale", "bij uitzondering", "bij wijze van uitzondering", "uit coulance", "voor deze ene keer",
    "excecionalmente", "a título excecional", "a título excepcional", "como exceção", "uma exceção",
    "só desta vez", "como cortesia comercial",
)  # fmt: skip
