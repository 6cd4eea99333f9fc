"""English, German and Dutch, as data. Fields are explained in `language`."""

from loop.text.claims.language import Language

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
    negations="not no never none nothing nobody without cannot neither nor unable avoid",
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
    negations="nicht kein keine keinen keinem keiner nie niemals nichts niemand ohne weder vermeiden",
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
    negations="niet geen nooit niets niemand zonder",
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
