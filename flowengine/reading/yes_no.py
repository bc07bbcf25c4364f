"""Yes and no, as people answer in Portuguese, English and Spanish.

All three are always understood: a Brazilian writes "ok" and "yes" too. What is neither, or both
("não sei", "talvez", "sim e não"), is no answer.
"""

import re  # noqa: TID251 - our own pattern, not an author's

from flowengine.text import CACHED_LENGTH, fold, word_set, words

MOST_WORDS = 8
"""A longer answer is an explanation, and its first word proves nothing."""

_YES = """
s|ss|sim|claro|claro que sim|com certeza|certeza|pode|pode ser|pode sim|isso|isso mesmo|isso ai
exato|exatamente|correto|certo|certinho|positivo|afirmativo|quero|quero sim|eu quero|gostaria
aceito|concordo|confirmo|confirmado|confirma|confirmar|ok|okay|okey|oki|blz|beleza|fechado|bora
vamos|perfeito|otimo|uhum|aham|ahan|aha|sem duvida|obvio|logico|de acordo|por favor|pode confirmar
ta|ta bom|tudo bem|tudo certo|tenho|tenho sim|sou|sou sim|foi|foi sim|acho que sim|acredito que sim
demais|show|top|combinado|verdade|verdadeiro|manda|manda ver|mandar|isso sim|eh|e isso|e sim
y|yes|yeah|yep|yup|ya|sure|of course|absolutely|definitely|right|correct|true|please|yes please
i do|i am|go ahead|sounds good|alright|all right|fine|agreed|confirm|i agree|why not|affirmative
si|claro que si|por supuesto|desde luego|de acuerdo|vale|dale|bueno|esta bien|quiero|si quiero
acepto|asi es|efectivamente|correcto|cierto|como no|sin duda|obvio que si|seguro|perfecto|listo
👍|✅|👌|✔|☑|🆗|🙋|💯|🙏|😀|😃|😄|😊|🤝
"""
_NO = """
n|nn|nao|nao quero|nao obrigado|nao obrigada|claro que nao|nunca|jamais|negativo|de jeito nenhum
de forma alguma|de maneira nenhuma|nem pensar|nem a pau|nada|nada disso|errado|incorreto|discordo
recuso|nao aceito|nao concordo|nao confirmo|acho que nao|acredito que nao|com certeza nao|hoje nao
agora nao|ainda nao|nao pode|nao pode ser|nao tenho|nao sou|nao foi|nao precisa|dispenso|falso
cancela|cancelar|deixa|deixa pra la|melhor nao|nem|capaz|nope|no|nah|never|not really|not now
no thanks|no thank you|of course not|no way|definitely not|absolutely not|i don't|i do not|dont
don't|do not|wrong|incorrect|false|not yet|i'm not|negative|cancel
no gracias|claro que no|para nada|de ninguna manera|en absoluto|tampoco|no quiero|ahora no
todavia no|aun no|nunca jamas|ni hablar|por supuesto que no|desde luego que no|no acepto
👎|❌|✖|🚫|🙅|⛔|✗
"""
_NEITHER = """
nao sei|sei la|talvez|quem sabe|depende|tanto faz|mais ou menos|nao entendi|como assim|nao lembro
nao tenho certeza|nem sei|no se|quizas|tal vez|quiza|no estoy seguro|no estoy segura|no entiendo
maybe|perhaps|not sure|i don't know|i do not know|dont know|don't know|no idea|sim e nao|sim ou nao
no entendi|si y no|yes and no|yes or no|yes but no
"""
_LEADS = word_set(
    "sim claro isso ok okay beleza blz certo positivo perfeito otimo uhum aham com pode yes yeah "
    "yep yup sure of si vale dale por desde nao nope never nunca jamais negativo nah de s n y"
)
"""What an answer may begin with and go on: "sim, amanhã". "Quero cancelar" is no yes."""

_AFTER_NO = word_set(
    "thanks thank i it gracias quiero puedo tengo me por please es soy estoy no nope not"
)
"""What follows an English or Spanish "no"; in Portuguese "no sábado" is no answer."""

_TURNS_YES = word_set("nao no not never nunca jamais mas pero but porem nem don't")
_TURNS_NO = word_set("sim si yes mas pero but porem")
_RUN = re.compile(r"([^\W\d_])\1{2,}")


def _phrases(table: str) -> frozenset[str]:
    return frozenset(fold(p) for line in table.split("\n") for p in line.split("|") if p.strip())


YES = _phrases(_YES)
NO = _phrases(_NO)
_UNSURE = tuple(f" {phrase} " for phrase in sorted(_phrases(_NEITHER)))


def read_yes_no(text: str) -> bool | None:
    """True for yes, False for no, None for neither.

    The whole answer ("claro que sim"), or one that begins with yes or no and goes on without
    taking it back ("sim, por favor", "não, obrigado", "siiim"). About 1 µs.
    """
    if len(text) > 4 * CACHED_LENGTH:
        return None
    folded = fold(text)
    whole = _whole(folded)
    if whole is not None:
        return whole
    said = words(_RUN.sub(r"\1", folded))
    if not said or len(said) > MOST_WORDS:
        return None
    joined = " ".join(said)
    if any(phrase in f" {joined} " for phrase in _UNSURE):
        return None
    whole = _whole(joined)
    return _leading(said) if whole is None else whole


def _whole(folded: str) -> bool | None:
    if folded in YES:
        return True
    return False if folded in NO else None


def _leading(said: list[str]) -> bool | None:
    """The answer of the longest yes or no at the beginning, if the rest does not turn it."""
    if said[0] == "no":
        return False if said[1] in _AFTER_NO and _TURNS_NO.isdisjoint(said) else None
    if said[0] not in _LEADS and said[0].isalnum():
        return None
    for size in range(min(5, len(said) - 1), 0, -1):
        answer = _whole(" ".join(said[:size]))
        if answer is not None:
            turns = _TURNS_YES if answer else _TURNS_NO
            return answer if turns.isdisjoint(said[size:]) else None
    return None
