"""A flow in other languages: what can be translated, what still is to be, and what is wrong.

A flow carries its translations: language, node id, JSON Pointer below the node, text. Each text is
looked up on its own, in this order:

1. the contact's language ("es-MX"), if the flow is translated into exactly that;
2. the flow's own language, if it is the contact's but for the region;
3. the same language of another region ("es", "es-ES"), the first by name;
4. the flow's own language: so does every text that the chosen language lacks.

Choosing the language is `CompiledFlow.language_for`. Ids, expressions, instructions for a model,
briefings and what other systems are told are the same in every language.
`flowengine.translations.po` hands texts to translators and takes them back.
"""

from flowengine.translations.gaps import Gap, gaps
from flowengine.translations.overlay import said
from flowengine.translations.phrases import Phrase, phrases, phrases_of

__all__ = ["Gap", "Phrase", "gaps", "phrases", "phrases_of", "said"]
