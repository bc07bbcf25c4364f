"""Every operator by its name: the table of contents.

`matches`, which captures, is compiled apart (`compiled.py`).
"""

from flowengine.conditions import amounts, kinds, wording
from flowengine.conditions.spec import Spec, asking, negated
from flowengine.conditions.when import Operator
from flowengine.expressions import Env, Value


def _not_empty(left: Value, env: Env) -> bool:
    return not kinds.is_empty(left, env)


_EQUALS = Spec(amounts.equals)
_IN = Spec(amounts.is_in)
_OPEN = Spec(kinds.open_at)

TABLE: dict[Operator, Spec] = {
    "equals": _EQUALS,
    "not_equals": negated(_EQUALS),
    "less": amounts.ordering(lambda sign: sign < 0),
    "at_most": amounts.ordering(lambda sign: sign <= 0),
    "more": amounts.ordering(lambda sign: sign > 0),
    "at_least": amounts.ordering(lambda sign: sign >= 0),
    "between": Spec(amounts.between),
    "contains": Spec(wording.contains),
    "starts_with": Spec(wording.starts_with),
    "ends_with": Spec(wording.ends_with),
    "has_word": Spec(wording.has_word),
    "has_any_word": Spec(wording.has_any_word),
    "has_all_words": Spec(wording.has_all_words),
    "has_phrase": Spec(wording.has_phrase),
    "in": _IN,
    "not_in": negated(_IN),
    "is_empty": asking(kinds.is_empty),
    "is_not_empty": asking(_not_empty),
    "before": amounts.dated(lambda sign: sign < 0),
    "after": amounts.dated(lambda sign: sign > 0),
    "same_day": Spec(amounts.same_day),
    "is_number": asking(kinds.is_number),
    "has_number": asking(kinds.has_number),
    "is_date": asking(kinds.is_date),
    "is_time": asking(kinds.is_time),
    "is_email": asking(kinds.is_email),
    "has_email": asking(kinds.has_email),
    "is_phone": asking(kinds.is_phone),
    "has_phone": asking(kinds.has_phone),
    "is_yes": asking(kinds.is_yes),
    "is_no": asking(kinds.is_no),
    "has_tag": Spec(kinds.has_tag),
    "media_kind": Spec(kinds.media_kind),
    "is_open": _OPEN,
    "is_closed": negated(_OPEN),
}
