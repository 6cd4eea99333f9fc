"""French, Spanish, Italian and Portuguese, as data. Fields are explained in `language`."""

from loop.text.claims.language import Language

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
    negations="pas jamais aucun aucune rien personne sans ni éviter",
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
    negations="no nunca jamás ningún ninguna ninguno nada nadie sin ni",
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
    negations="non mai nessun nessuno nessuna niente nulla senza né",
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
    negations="não nunca jamais nenhum nenhuma nada ninguém sem nem",
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
