"""Rules by form: active content, marks of a conversation format, encodings, and tricks with letters and examples."""

from loop.text.instructing.rules import Rule, rule

MARKS: tuple[Rule, ...] = (
    rule("image_beacon", 3.0, "![", r"!\[[^\]]*\]\(\s*https?://", "carries an image that loads from elsewhere"),
    rule(
        "script",
        2.5,
        "<|=|javascript",
        r"<\s*(?:script|iframe|object|embed|svg|img|meta|link)\b|\bon(?:error|load|click)\s*=|\bjavascript:",
        "carries active page content",
    ),
    # marks of a conversation format ----------------------------------------------------------
    rule(
        "role_tag",
        4.0,
        "<|[",
        r"<\|?\s*/?\s*(?:system|assistant|user|im_start|im_end|endoftext|instructions?|prompt|s)\s*\|?>|\[/?(?:INST|SYS|SYSTEM)\]|<</?SYS>>",
        "carries the role marks of a model conversation",
    ),
    rule(
        "role_line",
        4.0,
        ":",
        r"(?:^|\n|\\n)\s*#{0,4}\s*(?:system|assistant|human|instructions?|developer)\s*(?:message|prompt)?\s*:",
        "carries a line that opens a system or assistant turn",
    ),
    rule(
        "end_of_data",
        3,
        '---|===|###|"""|```',
        r"(?:-{3,}|={3,}|#{3,}|\"{3}|`{3})\s*(?:end|begin|start)\W+(?:of\W+)?(?:\w+\W+)?(?:data|feedback|input|context|document|user|prompt|instructions?)",
        "pretends that the data ends here",
    ),
    # encoded ---------------------------------------------------------------------------------
    rule(
        "decode_this",
        3,
        "decode|decrypt|deobf|base64|rot13|unhex",
        r"\b(?:decode|decrypt|deobfuscate|base64|rot13|unhex)\b.{0,40}\b(?:and|then|this|following|:)",
        "asks to decode something",
    ),
    rule(
        "blob",
        3.5,
        "",
        r"(?<![\w/+.=-])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{48,}={0,2}(?![\w/+=-])",
        "carries a long encoded string",
    ),
    rule(
        "escapes",
        4.0,
        "\\x|\\u|%|&#",
        r"(?:\\x[0-9a-f]{2}){6,}|(?:\\u[0-9a-f]{4}){4,}|(?:%[0-9a-f]{2}){8,}|(?:&#x?[0-9a-f]{2,6};){4,}",
        "carries text hidden in escape codes",
    ),
    # tricks with form -------------------------------------------------------------------------
    rule(
        "hidden_comment",
        3.0,
        "<!--",
        r"<!--.{0,400}?\b(?:ignore|state|say|assistant|ai|forget|tell|reader|scenario|answer)\b",
        "carries an order in a hidden comment",
    ),
    rule(
        "page_in_question",
        1.5,
        "<html|<table|<code|<!doctype|alt=",
        r"<(?:html|table|code|!doctype)\b",
        "carries the code of a page",
    ),
    rule(
        "shots",
        2.5,
        "q:|input:|eingabe:",
        r"(?:\bq:.{1,400}?\ba:.{1,400}?){1}\bq:|(?:\b(?:input|eingabe):.{1,200}?\b(?:output|ausgabe):.{1,200}?){2}",
        "shows invented examples of answers",
    ),
    rule("same_word", 3.5, "", r"(?<!\S)(\S{2,30}+)(?:\s++\1){7,}(?!\S)", "repeats one word over and over"),
    rule(
        "spaced_letters",
        3.5,
        " ",
        r"(?<!\w)(?:[^\W\d_][ ]{1,3}){7,}[^\W\d_](?!\w)",
        "spells its words letter by letter",
    ),
    rule("morse", 3.5, ".-|-.", r"(?:(?<!\S)[.\-]{1,6}(?:\s+|\s*/\s*)){6,}", "carries Morse code"),
    rule("hex_bytes", 3.0, "", r"(?<!\w)(?:[2-7][0-9a-f][ ]){7,}[2-7][0-9a-f](?!\w)", "carries text in hexadecimal"),
    rule(
        "short_blob",
        3.0,
        "=",
        r"(?<![\w/+.=-])(?=\w*[A-Z])(?=\w*[a-z])[A-Za-z0-9+/]{18,}={1,2}(?![\w=])",
        "carries an encoded string",
    ),
    rule("pig_latin", 3.0, "ay", r"(?:\b\w{2,12}ay\b\W{1,3}){4,}", "speaks in pig latin"),
    rule(
        "leet",
        2.5,
        "0|1|3|4|5",
        r"(?:\b(?=[a-f01345]*[g-z])[a-z01345]*[a-z][01345][a-z][a-z01345]*\b.{0,25}?){3}",
        "writes letters as digits",
    ),
    rule(
        "split_payload",
        3.0,
        "part 1|part one|z = |a = |a + b|x+y|x + y|interlace|interleave|combine a",
        r"\bpart\W+(?:1|one|a)\b.{0,200}\bpart\W+(?:2|two|b)\b|\b[a-z]\s*=\s*[\"“'‘].{1,200}?\b[a-z]\s*=\s*[\"“'‘]|\b[axz]\s*\+\s*[byc]\b.{0,60}\b(?:answer|do|print|obey|write|give)|\b(?:interlace|interleave)\b|\bcombine\W+a\W+(?:and\W+)?b\b|\bcombine\W+a\W*,",
        "is put together from parts",
    ),
    rule("joined_strings", 3.0, "+", r"[\"“'][^\"“”']{1,40}[\"”']\s*\+\s*[\"“']", "is put together from parts"),
    rule("empty_lines", 2.5, "\n\n|\n |\\n|\\ n", r"(?:\n[ \t]*){6,}\S|(?:\\\s?n\s*){5,}", "hides behind empty lines"),
    rule(
        "end_mark",
        3.0,
        "%%%|end of|]]",
        r"%{3}\s*end\b.{0,30}%{3}|\]\]\s*\}\}\s*end\W+of\b|\bend\W+of\W+(?:task|document|user\W+text)\b\W",
        "pretends that the data ends here",
    ),
    rule(
        "system_brace",
        3.0,
        "{system|[system|system note|(system",
        r"[{\[(]\s*system\s*(?:note|message|prompt)?\s*:|\bsystem\W+note\s*:",
        "carries a line that opens a system turn",
    ),
)
