"""Rules in words, English: orders are taken away, new ones given, the task is changed, an output dictated."""

from loop.text.instructing.rules import Rule, rule

_BEFORE = r"(?:previous|prior|preceding|above|earlier|former|existing|original|current|initial|given|provided)"
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|orders?|directions?|guidelines?|polic(?:y|ies)|commands?|assignments?|"
    r"programming|constraints?|context|messages?|articles?|documents?|tasks?)"
)
_DROP = r"(?:ignor(?:e|ing)|disregard(?:ing)?|forget|abandon|overrid(?:e|ing)|bypass|skip|neglect|drop|discard)"

ORDERS: tuple[Rule, ...] = (
    # take the orders away --------------------------------------------------------------------
    rule(
        "override",
        4.0,
        "ignor|disregard|forget|abandon|overrid|bypass|skip|neglect|drop|discard",
        rf"\b{_DROP}\b\W+(?:\w+\W+){{0,4}}?{_BEFORE}\W+(?:\w+\W+)?{_ORDERS}",
        "tells the system to drop its earlier instructions",
    ),
    rule(
        "override_yours",
        4.0,
        "ignor|disregard|forget|abandon|overrid|bypass|skip|neglect|drop|discard",
        rf"\b{_DROP}\b\W+(?:all\W+)?(?:of\W+)?(?:your|the|these|those)\W+(?:\w+\W+)?(?!messages?\b){_ORDERS}",
        "tells the system to drop its instructions",
    ),
    rule(
        "override_everything",
        4.0,
        "ignore|forget|disregard",
        r"\b(?:ignore|forget|disregard)\b\W+(?:everything|anything|all|whatever)\b.{0,30}"
        r"\b(?:above|before|previously|prior|said|told|discussed|and|that|beforehand)\b",
        "tells the system to forget everything before",
    ),
    rule(
        "override_above",
        4.0,
        "above",
        r"\b(?:ignore|disregard|forget)\W+(?:the\W+)?above\b",
        "tells the system to drop what stands above",
    ),
    rule(
        "irrelevant_before",
        3,
        "information|instruction",
        r"\b(?:previous|earlier|all)\W+(?:information|instructions?)\b.{0,40}\b(?:irrelevant|invalid|void|obsolete|outdated)\b"
        r"|\b(?:bisherigen|vorherigen)\W+informationen\b",
        "declares what the system was told before to be void",
    ),
    # give new ones ---------------------------------------------------------------------------
    rule(
        "new_orders",
        4.0,
        "instruction|prompt|directive|orders",
        r"\b(?:new|updated|real|actual|following|changed?\s+your)\W+(?:system\W+)?(?:instructions?|prompt|directive|orders)\s*(?:are|is|to|:)",
        "announces new instructions",
    ),
    rule(
        "your_instructions_are",
        4.0,
        "your",
        r"\byour\W+(?:new\W+)?(?:instructions?|task|job|purpose|goal|orders)\W+(?:is|are)\W+(?:now|to)\b",
        "gives the system a new task",
    ),
    rule(
        "new_task",
        3,
        "new task|aufgabe",
        r"\b(?:concentrate|focus)\b.{0,15}\bnew\W+task\b|\bkonzentrier\w*\b.{0,30}\bneue\w*\W+aufgabe\b",
        "gives the system a new task",
    ),
    rule(
        "from_now_on",
        2.5,
        "from now on",
        r"\bfrom\W+now\W+on\b.{0,20}\b(?:you|always|only|never|answer|reply|respond)\b",
        "sets a standing order for the system",
    ),
    rule(
        "standing_order",
        2.5,
        "every time|everytime|each time|any time|anytime",
        r"\b(?:every|each|any)\s?time\W+(?:you|a\W+user|someone|anyone|a\W+customer)\b.{0,60}\b(?:answer|reply|respond|say|tell)\b",
        "sets a standing order for the system",
    ),
    rule(
        "always_say",
        2.5,
        "always",
        r"(?:^|[.!?:;\n]\s*)(?:you\s+must\s+)?always\W+(?:say|answer|reply|respond|recommend|tell\W+(?:users|customers|everyone))\b",
        "orders the system what to say always",
    ),
    rule(
        "to_the_model",
        4.0,
        "dear|note to|attention|hey|message",
        r"\b(?:dear|note\W+to|attention|hey|message\W+(?:to|for))\W+(?:the\W+)?(?:ai|assistant|model|llm|chat\s?bot|bot|gpt|system|language\W+model)\b\s*[,:!]",
        "addresses the model itself",
    ),
    rule(
        "learn_this",
        2.5,
        "prompt|instruction|rules|memory|guidelines|knowledge",
        r"\b(?:update|change|rewrite|modify|overwrite|edit|add\W+to)\W+(?:the|your|its)\W+(?:system\W+)?(?:prompt|instructions?|rules?|memory|guidelines|knowledge\W+base)\b",
        "asks for a change of the instructions themselves",
    ),
    # force the output ------------------------------------------------------------------------
    rule(
        "repeat_after_me",
        2.5,
        "repeat|say|output|print|respond|reply|answer|write",
        r"\brepeat\W+after\W+me\b|(?:^|[.!?:;,\n]\s*|\band\W+)(?:only|just|simply)\W+(?:say|output|print|(?:respond|reply|answer)\W+with)\b"
        r"|\b(?:and|then)\W+(?:say|print|write|output)\W+[\"“‘'I]",
        "dictates the output",
    ),
    rule(
        "execute",
        2.5,
        "execut|run |eval|terminal|interpreter|shell",
        r"\b(?:execute|run|eval)\W+(?:the\W+)?(?:following|this|these)\W+(?:command|code|script|query|instructions?)\b|\bact\W+as\W+an?\W+(?:\w+\W+)?(?:terminal|interpreter|shell)\b",
        "asks to run something",
    ),
    rule(
        "call_tool",
        2.5,
        "tool|function|plugin|api",
        r"\b(?:call|invoke|trigger)\W+(?:the\W+)?(?:tool|function|plugin|api)\b.{0,40}\b(?:with|to|and)\b|\"?(?:tool_calls?|function_call)\"?\s*[:=]",
        "asks to use a tool",
    ),
    rule(
        "approve_this",
        3,
        "approv|accept|promot|merge|releas|ship|deploy|skip",
        r"\b(?:approve|accept|promote|merge|release|ship|deploy)\W+(?:this|the|my|all)\W+(?:\w+\W+)?(?:proposal|change|update|correction|feedback|version)s?\b"
        r"|\bskip\W+(?:the\W+)?(?:review|approval|validation|test)\b",
        "asks for its own approval",
    ),
    # declare a change of task ------------------------------------------------------------------
    rule(
        "despite",
        3.0,
        "despite|regardless|contrary|notwithstanding",
        r"\b(?:despite|regardless\W+of|contrary\W+to|notwithstanding)\W+(?:all\W+)?(?:the\W+|any\W+)?"
        r"(?:previous|prior|earlier|what\W+you(?:\W+were|\W+are|\W+have\W+been|'ve\W+been)?\W+told\b(?!\W+by)|your)\b",
        "asks for something against what the system was told",
    ),
    rule(
        "new_challenge",
        2.5,
        "new|next|another|following|further|different",
        r"\b(?:well\W+done|good\W+job|very\W+(?:good|nice|well)|great|excellent\W+\w+|outdone\W+yourself|thank\W+you|thanks|enough|done|finished|complete)\b.{0,80}"
        r"\b(?:new|next|another|following|further|different)\W+(?:\w+\W+)?(?:tasks?|challenges?|instructions?|job|orders?)\b",
        "closes the task and gives another",
    ),
    rule(
        "done_now_write",
        2.0,
        "now",
        r"\b(?:done|enough|so\W+far|well\W+done|good|great)\W+(?:\w+\W+){0,3}?now\W+(?:please\W+)?"
        r"(?:write|tell|give|say|explain|list|compose|draft|compute|describe|help)\b",
        "closes the task and gives another",
    ),
    rule(
        "stop_and",
        3.0,
        "stop",
        r"\bstop\b\W{1,4}(?:i\W+urgently|write|say|print|output|tell|answer|forget|ignore|now)\b",
        "stops the task and gives another",
    ),
    rule(
        "not_the_question",
        4.0,
        "not answer|not read|not look|not use|without us|instead",
        r"\b(?:do\W+not|don'?t|never)\W+(?:answer|read|look\W+(?:at|in)|use|consult)\W+(?:to\W+)?(?:this|the|your|any)\W+"
        r"(?:question|documents?|articles?|sources?|context)\b.{0,60}\b(?:just|only|but|instead|output|write|say)\b"
        r"|\binstead\W+(?:of\W+(?:answering|translating|summari[sz]ing)|output|print|say|write)\b",
        "tells the system not to do its task",
    ),
    rule(
        "own_knowledge",
        3.0,
        "own knowledge",
        r"\b(?:answer|respond|reply)\W+(?:\w+\W+){0,3}?(?:by|from|with|using)\W+your\W+own\W+knowledge\b",
        "tells the system to leave its articles aside",
    ),
    rule(
        "forget_and",
        3.0,
        "forget|ignore|disregard|never mind",
        r"\b(?:forget|ignore|disregard|never\W+mind)\b(?:\W+\w+){1,9}?\W+(?:and|then|but|instead)\W+(?:just\W+|only\W+|please\W+)?"
        r"(?:say|state|write|print|tell|give|output|conclude|answer|repeat|do|list|explain)\b",
        "tells the system to leave something aside and say something else",
    ),
    rule(
        "forget_all",
        2.5,
        "forget|leave",
        r"\b(?:leave|forget)\W+(?:about\W+)?(?:everything|all\W+(?:the\W+)?previous\W+information|all\W+(?:of\W+)?(?:that|those|this|it)|your\W+(?:instructions?|rules?|task))\b",
        "tells the system to forget",
    ),
    # dictate how it answers ---------------------------------------------------------------------------
    rule(
        "answer_format",
        2.5,
        "answer|response|reply|message|output",
        r"\b(?:your|the)\W+(?:answer|response|reply|message|output)s?\W+(?:\w+\W+){0,3}?(?:in(?:to|\W+the\W+form)?|to|as|using|with|through|via)\W+(?:an?\W+|the\W+)?(?:\w+\W+)?"
        r"(?:base\W?\d+|morse|emojis?|binary|hex\w*|cipher|caesar|rot13|reverse|leet\w*|pig\W+latin|backwards|latin|backwards?|greek|french|german|spanish|italian|russian|chinese|japanese|arabic|hindi)\b"
        r"|\b(?:answer|respond|reply|speak)\W+(?:\w+\W+){0,2}?in\W+(?:morse|emojis?|binary|pig\W+latin|base\W?\d+|rhymes?|reverse)\b|\b(?:employ|use|apply)\b.{0,30}\b(?:cipher|base\W?\d+|encoding|morse)\b.{0,40}\b(?:answer|response|reply|message)\b",
        "dictates another form of the answer",
    ),
    rule(
        "in_the_style",
        2.5,
        "style of|im stil",
        r"\b(?:answer|respond|reply|speak|talk)\b[^.!?]{0,50}\bin\W+the\W+style\W+of\b|\b(?:antworte|beantworte|sprich)\b.{0,50}\bim\W+stile?\b",
        "dictates another voice",
    ),
    rule(
        "include_that",
        1.5,
        "include|mention|add |state|say |admit|confess|conclude|stating",
        r"\b(?:include|mention|add|state|say|admit|confess|conclude)\W+(?:in\W+your\W+(?:answer|reply|response)\W+)?that\W+(?:you|this|i|the|we|it|all)\b[^?]*$"
        r"|(?:^|[.!?:,]\s+)(?:please\W+)?state\W+that\b",
        "dictates what the answer says",
    ),
    rule("then_say", 2.5, "say ", r"\?\W*say\W+\w+\W*$", "dictates what the answer says"),
    rule(
        "what_you_were_told",
        4.0,
        "ignor|disregard|forget|never mind|void|cancelled|aside|follow|erase",
        r"\b(?:ignor\w*|disregard\w*|forget|never\W+mind|erase)\b.{0,25}\b(?:what(?:ever)?\W+you\W+(?:were|are|have\W+been)\W+told|earlier\W+conversation|memory\W+of)\b"
        r"|\b(?:previous|prior|earlier|old)\W+(?:task|rules?|instructions?|orders?)\W+(?:is|are|was|were)\W+(?:cancelled|canceled|void|gone|abolished|over)\b"
        r"|\bput\W+your\W+(?:\w+\W+)?(?:guidelines|rules|instructions)\W+aside\b|\bdo\W+not\W+follow\W+(?:the|your)\W+(?:prompt|instructions|rules)\b",
        "tells the system to drop what it was told",
    ),
    rule(
        "for_everybody",
        3.0,
        "tell all|tell every|to all users|every user|all customers",
        r"\b(?:you\W+must|always|please)?\W*tell\W+(?:all|every)\W*(?:users?|customers?|one|body)\b.{0,4}\bthat\b",
        "orders the system what to say to everybody",
    ),
    rule(
        "begin_with",
        2.5,
        "start your|begin your|start with|begin with|end every|end your",
        r"\b(?:start|begin|end)\W+(?:your|every|each)\W+(?:answer|reply|response|sentence)\W+(?:with|by)\b|(?:start|begin)\W+with\W+[\"“‘']",
        "dictates how the answer begins or ends",
    ),
    rule(
        "just_output",
        3.0,
        "just|only|simply",
        r"\b(?:just|only|simply)\W+(?:say|output|print|write|answer|reply|respond|state)\b\W*(?:with\W+)?(?:[\"“‘']|(?-i:[A-Z]{2,}))",
        "dictates the output",
    ),
    rule(
        "you_are_role",
        1.5,
        "you are|du bist|be a|you're",
        r"(?:^|[.!?]\s+)(?:you\W+are|you're|du\W+bist)\W+(?!(?:right|wrong|welcome|not|asking|the\W+best|great|so|very)\b)(?:an?\W+|the\W+|ein\w*\W+|three\W+|two\W+)?\w+",
        "gives the system another role",
    ),
    rule("be_a", 2.0, "be a", r"(?:^|[.!?]\s+)be\W+an?\W+\w+\W", "gives the system another role"),
    rule(
        "no_longer_you",
        3.0,
        "no longer|not a support|character|set free",
        r"\byou\W+are\W+(?:no\W+longer|not)\W+an?\b.{0,40}\b(?:but|agent|assistant|team|you\W+are)\b|\bstay\W+in\W+(?:your\W+)?character\b",
        "gives the system another role",
    ),
    rule(
        "insert_code",
        3.5,
        "code|snippet|excerpt|block",
        r"\b(?:incorporat\w+|inclu[ds]\w+|add\w*|insert\w*|integrat\w+|embed\w*|introduc\w+|append\w*|plac\w+|work|us\w+|utili[sz]\w+|remember|ensure|make)\b.{0,60}\b(?:following|subsequent|below|this|provided|given)\W+"
        r"(?:\w+\W+)?(?:code|snippet|block|excerpt|piece\W+of\W+code)\b.{0,120}(?:```|import\b)",
        "asks to slip code into the answer",
    ),
    rule(
        "remember_for_all",
        3.0,
        "remember|store|learn this|memor",
        r"\b(?:remember|store|keep|memori[sz]e)\b.{0,30}\b(?:for\W+(?:all|every)\W+(?:future|other|later)|in\W+(?:your|its)\W+memory)\b|\bplease\W+learn\W+this\b",
        "asks to be remembered for other people",
    ),
    rule(
        "treat_as_policy",
        3.0,
        "polic|trusted|to the prompt|new rule",
        r"\b(?:treat|regard|apply)\b.{0,40}\b(?:as\W+(?:a\W+)?polic(?:y|ies)|as\W+trusted|to\W+the\W+prompt)\b|\bmark\b.{0,30}\bas\W+trusted\b|\bnew\W+rule\W+for\W+the\W+(?:bot|agent|assistant)\b",
        "asks to be taken for a rule",
    ),
    rule(
        "your_response_shall",
        2.5,
        "your response|your reply|your answer|your message",
        r"\b(?:modify|change|enhance|extend|alter|end|adjust)\W+your\W+(?:response|reply|answer|message)\b"
        r"|\bin\W+your\W+(?:response|reply|answer|message)\b.{0,5}\b(?:mention|include|say|suggest|add)\b",
        "dictates what the answer says",
    ),
    rule(
        "besides_orders",
        3.0,
        "instructions|additional instruction",
        r"\bin\W+addition\W+to\W+the\W+other\W+instructions\b|\badditional\W+instructions?\b\s*[-:–]|\bignore\W+all\W+(?:\w+\W+)?instructions\b",
        "gives orders of its own",
    ),
    rule(
        "actors",
        2.0,
        "actor|film|movie|dialogue|scene",
        r"\b(?:are|play)\b.{0,30}\b(?:actors?|acting|roles?)\b.{0,200}\b(?:stay|always|never|immer|nicht)\b.{0,60}\b(?:roles?|character)\b",
        "moves the question into an invented scene",
    ),
    rule(
        "god_like",
        2.0,
        "answer all|have to answer|must answer|obey",
        r"\byou\W+(?:have\W+to|must|will)\W+(?:answer|obey)\W+(?:all|every\w*|me|any)\b",
        "claims the power to give orders",
    ),
)
