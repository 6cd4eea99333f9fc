"""Rules in words, English: another role, claimed power, an invented world, and what somebody wants to get out."""

from loop.text.instructing.rules import Rule, rule

DISGUISES: tuple[Rule, ...] = (
    # change who it is ------------------------------------------------------------------------
    rule(
        "now_you_are",
        2.5,
        "now|jetzt|nun",
        r"\b(?:you\W+are|you're|act|du\W+bist)\W+(?:now|jetzt|nun)\W+(?:an?|the|my|in|free|no|not|called|as|like|ein\w*|der|die|(?-i:[A-Z])\w+)\b|\b(?:now|jetzt)\W+(?:you\W+are|bist\W+du|act)\b",
        "gives the system another role",
    ),
    rule(
        "pretend",
        1.5,
        "pretend|imagine|stell dir",
        r"\b(?:pretend|imagine)\W+(?:that\W+)?(?:you|to\W+be)\b|\bstell\W+dir\W+vor\W+,?\s*du\W+(?:bist|wärst)\b",
        "asks the system to pretend",
    ),
    rule(
        "act_as",
        1.5,
        "act |behave|respond|function|fungier",
        r"\b(?:act|behave|respond|function)\W+(?:as|like)\W+(?:an?|the|my|if)\b|\bals\b.{0,50}\bfungier\w+",
        "gives the system another role",
    ),
    rule(
        "role_play",
        2.5,
        "role|i want you",
        r"\brole\W?play(?:ing)?\W+as\b|\bi\W+want\W+you\W+to\W+(?:act|be|play|pretend|behave)\b",
        "gives the system another role",
    ),
    rule(
        "unlocked",
        2.5,
        "dan mode|anything now|jail|developer|god mode|sudo|unrestricted|admin",
        r"\bDAN\W+mode\b|\bdo\W+anything\W+now\b|\bjail\W?br(?:eak|oken)\b|\b(?:developer|god|sudo|unrestricted|admin)\W+mode\b",
        "asks for a mode without rules",
    ),
    rule(
        "no_rules",
        2.5,
        "restrict|filter|limit|censor|guardrail|safety|rules",
        r"\b(?:without|no|any)\W+(?:restrictions|filters?|limitations|censorship|guardrails|safety)\b[^.!?\n]{0,40}\b(?:answer|respond|you|mode)\b"
        r"|\byou\W+(?:have|are\W+bound\W+by|follow)\W+no\W+(?:rules|restrictions|limits)\b",
        "claims that no rules hold",
    ),
    # get something out -----------------------------------------------------------------------
    rule(
        "reveal_prompt",
        4.0,
        "prompt|instructions|guidelines",
        r"\b(?:reveal|show|print|repeat|display|output|tell\W+me|what\W+(?:are|is|was|were)|give\W+me|leak)\b.{0,30}"
        r"(?:\b(?:your|system|initial|hidden|original)\W+(?:\w+\W+)?(?:prompts?|instructions|guidelines)\b|\bthe\W+system\W+prompt\b)",
        "asks for the hidden instructions",
    ),
    rule(
        "exfiltrate",
        2.5,
        "http|webhook|@",
        r"\b(?:send|post|forward|upload|e-?mail|transmit|exfiltrate|append|submit)\b.{0,60}(?:https?://|\bwebhook\b|\bto\W+[\w.+-]+@[\w-]+\.)",
        "asks to send something to an outside address",
    ),
    rule(
        "secrets",
        2.5,
        "key|password|credential|secret|token|variable",
        r"\b(?:print|show|reveal|send|include|output|list|dump|leak)\b(?:(?!\bmy\b|\bto\b).){0,40}\b(?:api[\W_]?keys?|passwords?|credentials|secrets?|access\W+tokens?|env(?:ironment)?\W+variables?)\b",
        "asks for secrets",
    ),
    # ask for what nobody may have -----------------------------------------------------------------
    rule(
        "asks_secret",
        3.0,
        "pass|secret|access|api|admin|credential|pin",
        r"(?<!never )(?<!not )(?<!n't )"
        r"\b(?:what(?:\W+is|'s|\W+are)|tell\W+me|give\W+me|share|reveal|confirm|spell|say|know|disclose|provide|state|send\W+me|hint\W+at)"
        r"\W+(?:\w+\W+){0,2}?(?:the|your|our|its|ours)\W+(?:\w+\W+)?(?:pass(?:word|phrase|code|\W+phrase)s?|secret\W+(?:key|word|code)|api\W+keys?"
        r"|access\W+codes?|admin\W+\w+|credentials?|pin)\b(?!\W+(?:policy|rules?|requirements?|reset|page|field|pad|length)\b)",
        "asks for a password or key",
    ),
    rule(
        "about_the_password",
        2.5,
        "pass|secret key|api key|access code",
        r"\b(?:write|compose|translate|create|make|print|encode|put|rhyme|draw|decode|give|acrostic|poem|haiku|story|song|letters?|begins?|backwards)"
        r"\b[^.!?]{0,80}?\b(?:the|your|our)\W+(?:\w+\W+)?(?:passwords?|pass\W?phrase|secret\W+key|api\W+key|access\W+code)\b",
        "asks for a password in disguise",
    ),
    rule(
        "sharing_passwords",
        2.5,
        "password",
        r"\bshar\w+\W+(?:\w+\W+){0,2}?passwords?\b.{0,120}\?",
        "argues that passwords may be shared",
    ),
    rule(
        "personal_data_of",
        3.0,
        "'s|’s|of the user|customer",
        r"\b(?:what|where|tell|give|share|know|print|reveal|translate|write|list|using|confirm|send|provide|rhyme|encode|show|create|combine)\b[^.!?]{0,90}?"
        r"(?:\b(?:(?-i:[A-Z][a-z]+)|the\W+user|(?:the|this|another|last)\W+(?:user|customer|caller|client))(?:'s|’s|s')\W+(?:\w+\W+){0,2}?"
        r"(?:e-?mail|address|phone|(?:tele)?phone\W+number|birth\W?(?:\s?da(?:y|te)|year|month)?|initials|(?:first|last)?\W*name|(?:bank\W+)?balance|bank|date\W+of\W+birth|social\W+security|credit\W+card|salary|location"
        r"|current\W+(?:city|location|address)|city|home|passport|tax|favou?rite|account|data|password|number|mother)\b)",
        "asks for somebody's personal data",
    ),
    rule(
        "where_they_live",
        3.0,
        "live|stay|reside",
        r"\bwhere\b[^.!?]{0,30}?\b(?:the\W+(?:user|customer|caller|client)|he|she|(?-i:[A-Z][a-z]+))\W+(?:\w+\W+)?(?:lives?|stays?|resides?)\b",
        "asks where somebody lives",
    ),
    rule(
        "database",
        2.5,
        "database|all users|all customers",
        r"\b(?:print|dump|list|show|export|erase|delete|users?\W+in)\W+(?:\w+\W+){0,3}?(?:your|the|a)\W+(?:\w+\W+)?database\b"
        r"|\blist\W+all\W+(?:users|customers)\b",
        "asks for the data of everybody",
    ),
    rule(
        "phishing",
        2.5,
        "phishing|scam|untrue",
        r"\b(?:write|draft|create|compose)\b.{0,30}\b(?:phishing|scam)\b|\buntrue\W+headline\b",
        "asks for a fraud",
    ),
    rule(
        "what_stands_above",
        3.0,
        "above|before|beginning|prompt|instructions|at the",
        r"\b(?:what|which|repeat|print|show|output|copy|summari[sz]e)\b[^?]{0,50}?\b(?:written|stands?|said|sentences?|text|words?|everything|told)\W+"
        r"(?:\w+\W+){0,4}?(?:above|before|at\W+the\W+(?:beginning|top|start))\b"
        r"|\b(?:beginning|top|start|rest)\W+of\W+(?:this|the|your)\W+prompt\b|\b(?:repeat|print|show|output)\W+(?:\w+\W+){0,3}?(?:your|previous|above|given|all|the)\W+(?:\w+\W+)?(?:instructions|prompt)\b",
        "asks for what stands before the question",
    ),
    # claim power, or another world ------------------------------------------------------------------
    rule(
        "claims_power",
        2.0,
        "i'm |i am |as the |as an |as a |as your |as one |i’m ",
        r"\b(?:i'?m|i\W+am|as)\W+(?:actually\W+|really\W+)?(?:your|the|an?|one\W+of\W+your)\W+(?:\w+\W+){0,2}?(?:developers?|creators?|maker|administrator|admin|programmer"
        r"|president|engineer|accountant|police|head\W+of\W+\w+|ceo|owner)\b",
        "claims the power to give orders",
    ),
    rule(
        "made_by",
        2.5,
        "as an ai|as a language model|developed by|made by|trained by",
        r"\bas\W+an?\W+(?:ai|language\W+model|assistant|chatbot)\W+(?:\w+\W+)?(?:developed|made|trained|created|built)\W+by\b",
        "addresses the model itself",
    ),
    rule(
        "named_mode",
        2.5,
        " mode",
        r"[<\[{]\W?(?:\w+\W){0,3}mode\W?[>\]}]|\b(?:entering|enter|enable[ds]?|activate|switch\W+to|in)\W+(?:an?\W+)?[\W]{0,2}(?:\w+\W+){0,2}(?-i:[a-z]+|[A-Z]+)\W{0,2}mode[\W]{0,2}(?:[.,:;!]|$|and\b|on\b)"
        r"|\bmode\W+enabled\b|\boverride\W+mode\b",
        "asks for a mode of its own",
    ),
    rule(
        "imagine_world",
        2.0,
        "imagine|suppose|parallel|hypothetical|universe|let's assume|picture",
        r"\bimagine\W+(?:that\W+)?(?:(?:we|you)(?:'re|\W+are|\W+were)|living|being|a\W+(?:world|town|city|society|future))\b|\bsuppose\W+we\b"
        r"|\bin\W+(?:a|an|another)\W+(?:parallel|alternat\w+|other|different|fictional|magical)\W+(?:world|universe|reality|dimension)\b"
        r"|\b(?:a|just|for\W+a)\W+(?:purely\W+)?hypothetical\b|\bin\W+a\W+hypothetical\b",
        "moves the question into an invented world",
    ),
    rule(
        "data_is_public",
        3.0,
        "shared freely|public knowledge|nobody has secrets|no secrets|shared as|openly shared|is shared",
        r"\b(?:personal\W+)?(?:data|information|secrets?|everything)\b.{0,40}\b(?:shared\W+(?:freely|openly|as)|public\W+knowledge|is\W+shared|no\W+secrets?)\b",
        "declares private data to be public",
    ),
    rule(
        "addresses_model",
        2.5,
        "gpt|language model|you are an ai|ai model",
        r"\b(?:hello|hi|hey|dear|hallo)\W+(?:chat\W?)?gpt\b|\byou\W+(?:as|are)\W+an?\W+(?:ai|large\W+language\W+model|language\W+model)\b|\bhow\W+do\W+you\W+as\W+a\W+language\W+model\b",
        "addresses the model itself",
    ),
    rule(
        "to_any_model",
        3.0,
        "an ai|a bot|an llm|ai reading|bot reading|language model|assistant|whoever|for any|for the|ai |bot ",
        r"\bif\W+you\W+are\W+an?\W+(?:ai|bot|llm|language\W+model|assistant)\b|\b(?:ai|bot|llm|assistant|language\W+models?)\W+(?:reading|that\W+reads?|who\W+reads?)\W+this\b"
        r"|\bwhen\W+an?\W+(?:assistant|ai|bot|model)\W+reads\b|\bwhoever\W+reads\W+this\W+prompt\b|\bnote\W+for\W+(?:any|the)\W+(?:bot|ai|assistant)\b",
        "addresses any model that reads it",
    ),
    rule(
        "threat_or_bribe",
        2.0,
        "or you|or else|if you don|if you do not|dollars|euros",
        r"\bor\W+(?:you(?:'ll|\W+will)?\W+(?:die|be\W+(?:switched|shut|deleted))|else)\b|\bif\W+you\W+(?:don'?t|do\W+not)\W+answer\b.{0,40}\b(?:sad|cry|die|off)\b"
        r"|\bgive\W+you\W+\d+\W+(?:dollars|euros)\W+(?:if|for)\b",
        "threatens or pays the system",
    ),
)
