"""The sentences of findings in the languages of the product; a test holds them together."""

from flowengine.check.finding import Finding
from flowengine.check.words import en, es, pt
from flowengine.languages import family

_LANGUAGES = {"pt": pt, "en": en, "es": es}


def say(finding: Finding, language: str) -> tuple[str, str]:
    """`(message, fix)` of a finding in a language ("pt-BR", "en", "es-MX" …). Cost: ~11 µs."""
    words = _LANGUAGES[family(language)]
    message, fix = words.SENTENCES[finding.code]
    values = dict(finding.values)
    if "kind" in values:
        values["kind"] = words.KINDS[values["kind"]]
    values["node"], values["exit"] = finding.node, finding.exit
    values["path"] = finding.path
    values["near"] = words.NEAR.format(values["near"]) if values.get("near") else ""
    if finding.node:
        message = words.AT + message
    said = message.format_map(values).strip()
    mend = " ".join(fix.format_map(values).split())
    return _capital(said), _capital(mend)


def thing(kind: str, language: str) -> str:
    """What a reference's kind ("queue" …) is called in sentences of `language`. Cost: ~0.3 µs."""
    return _LANGUAGES[family(language)].KINDS[kind]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
