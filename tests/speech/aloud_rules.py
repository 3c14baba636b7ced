"""What text to speech can't say, or callers can't follow."""

import re
import unicodedata

LONGEST = 300

_RULES = {
    "a date in ISO 8601": r"\d{4}-\d{2}-\d{2}",
    "a mark of data": r"[\[\](){}<>_*#`|~^\\\"“”=$§]",
    "a code": r"\b(evt|cal|rul|bkg|tok|env)_",
    "two spaces": r"  | \Z|\A ",
    "a space before a mark": r" [,.?!]",
    "two marks": r"[.,?!:][.,?!:]",
    "UTC": r"\bUTC\b",
}
_24_HOURS = re.compile(
    r"\b(\d{1,2}):(\d\d)\b(?! [AP]M)|(?<![:\d])(0|1[3-9]|2\d)(:\d\d)? [AP]M|\d+h\d*\b"
)


def faults(text, language, *, of_utc=False):
    """Return what is wrong with a text that is to be said aloud."""
    found = [
        name
        for name, rule in _RULES.items()
        if re.search(rule, text) and not (name == "UTC" and of_utc)
    ]
    if any(unicodedata.category(letter)[0] == "C" or letter in "\n\r\t" for letter in text):
        found.append("a control character, or more than a line")
    if language == "en" and _24_HOURS.search(text):
        found.append("a time on 24 hours")
    if len(text) > LONGEST:
        found.append(f"{len(text)} characters")
    return found
