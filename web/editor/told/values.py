"""The words in a finding's sentence: names for ids, sentences for codes."""

import re
from collections.abc import Callable

from flowengine.check import Finding, thing
from flowengine.graph import LABELS
from flowengine.nodes import Condition
from web.agreeing import agreed
from web.comparing import WORDS as OPS
from web.editor.told.naming import Naming, plain
from web.editor.told.times import spoken
from web.editor.tongues import NAMES as TONGUES
from web.texts import Texts, _
from web.value_names import NAMES, name_of

TYPES = {
    "text": _("texto"),
    "number": _("número"),
    "boolean": _("sim ou não"),
    "date": _("data"),
    "time": _("hora"),
    "datetime": _("data e hora"),
    "duration": _("duração"),
    "list": _("lista"),
    "object": _("conjunto de dados"),
    "media": _("arquivo"),
    "location": _("localização"),
    "string": _("texto"),
    "integer": _("número inteiro"),
    "array": _("lista"),
}
"""By what flows call them, and by what JSON Schema does."""

PURPOSES = {"utility": _("utilidade"), "marketing": _("marketing")}
READS = ("unknown_name", "secret_in_text", "unset_read", "not_settable", "not_a_list")
"""Codes whose name is that of a value, as an expression calls it."""

FLOWS = ("call_cycle", "calls_too_deep")
MISSING = re.compile(r"there is no (?:function|filter|test) (\S+)")
STEP_NAMES = ("unknown_node", "unknown_start", "bad_resume")


def words_of(finding: Finding, naming: Naming) -> dict[str, str]:
    """Every value of a finding, and what its sentences name beside them, in a designer's words."""
    t, code = naming.t, finding.code
    values = {name: plain(text, t) for name, text in finding.values.items()}
    values |= {name: how(values[name], naming) for name, how in HOW.items() if name in values}
    values["place"] = values["path"] = naming.place(finding.node, finding.path)
    values["exit"] = naming.exit(finding.node, finding.exit)
    values["label"] = values["exit"]
    if "kind_of" in values:
        values["type"] = typed(values["kind_of"], naming)
    if "kind" in values:
        values["kind"] = thing(values["kind"], t.language)
    if code == "unknown_template_language":
        values["near"] = ", ".join(tongue(each) for each in values["near"].split(", "))
    if "other" in finding.values and code == "missing_choice_edge":
        values["other"] = naming.exit(finding.node, finding.values["other"])
    if code in READS:
        for each in ("name", "near"):
            values[each] = called(finding.values.get(each, ""), t)
    if "op" in finding.values:
        op = finding.values["op"]
        values["op"] = agreed(op, OPS.get(op, op), {"expr": finding.values["name"]}, t)
    if code == "unset_read":
        values["filled"] = agreed("is_not_empty", "", {"expr": finding.values["name"]}, t)
    if code in STEP_NAMES:
        values["near"] = naming.step(finding.values["near"])
    if code == "of_without_choices":
        values["name"] = naming.step(finding.values["name"])
    if code == "dead_else":
        values["name"] = case_of(finding, naming)
    if code == "unknown_purpose" and finding.values["near"] in PURPOSES:
        values["near"] = t(PURPOSES[finding.values["near"]])
    if code == "missing_translation":
        values["own"] = tongue(values["own"])
    if code == "keyword_conflict":
        values |= rivals(finding, naming)
    if code in FLOWS:
        values["way"] = way(finding.values["way"], naming.flow_name)
    if code == "tool_waits":
        values["way"] = way(finding.values["way"], naming.step_or_flow)
    if found := MISSING.match(finding.values.get("why", "")):
        values["what"], values["near"] = found[1], ""
    return {**fixed(t), **values}


def way(text: str, said: Callable[[str], str]) -> str:
    """Places one after the other, each by its name."""
    arrow = " → " if " → " in text else ", "
    return arrow.join(f"«{said(each)}»" for each in text.split(arrow))


def called(name: str, t: Texts) -> str:
    """A value by what it is called where one picks it."""
    if name.startswith("secret."):
        return name.removeprefix("secret.")
    return name_of(name, t) if "." in name or name in NAMES else name


def case_of(finding: Finding, naming: Naming) -> str:
    """The last case of a condition by its label."""
    node, id = naming.nodes.get(finding.node), finding.values["name"]
    if not isinstance(node, Condition):
        return id
    return next((case.label or case.id for case in node.cases if case.id == id), id)


def rivals(finding: Finding, naming: Naming) -> dict[str, str]:
    """Who else answers, and who comes first: a flow, or here a step."""
    flow, other = finding.values["flow"], finding.values["other"]
    first = finding.values["first"]
    if flow == naming.flow.key:
        return {"other": naming.step(other), "first": naming.step(first.partition("/")[2])}
    return {"other": naming.flow_name(flow), "first": naming.flow_name(first.partition("/")[0])}


def tongue(code: str) -> str:
    """A language by its own name."""
    return TONGUES.get(code.replace("_", "-"), code)


def typed(text: str, naming: Naming) -> str:
    """A type, of ours or of JSON, or as an evaluation calls it ("a text")."""
    bare = text.removeprefix("a ").removeprefix("an ")
    return naming.t(TYPES[bare]) if bare in TYPES else bare


def fixed(t: Texts) -> dict[str, str]:
    """Labels of forms that mends lead to."""
    return {
        "failed": t(LABELS["failed"]),
        "back": t(_("Voltar para cá quando ele acabar")),
        "given": t(_("Dados que ele recebe")),
        "outcomes": t(_("Saídas que a IA escolhe")),
        "forget": t(_("Esquecer a conversa parada depois de")),
        "example": t(_("{n} hora | {n} horas"), n=2),
        "near": "",
    }


HOW: dict[str, Callable[[str, Naming], str]] = {
    "length": lambda text, naming: spoken(text, naming.t),
    "expires": lambda text, naming: spoken(text, naming.t),
    "flow": lambda text, naming: naming.flow_name(text),
    "type": typed,
    "said": typed,
    "way": lambda text, naming: way(text, naming.step_of),
    "language": lambda text, _naming: tongue(text),
}
