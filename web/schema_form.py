"""A form out of the JSON Schema of a connector's settings, and the settings out of the form."""

from typing import Any, cast

from msgspec import Struct
from pydantic import BaseModel, SecretStr, ValidationError

from web.forms import Form
from web.problems import Problem
from web.texts import _


class SettingField(Struct, frozen=True):
    """A field: `kind` is text, secret, number, choice, check or lines (one value a line)."""

    name: str
    label: str
    hint: str
    kind: str
    required: bool
    value: str
    options: tuple[tuple[str, str], ...] = ()


WRONG = {
    "missing": _("falta preencher"),
    "string_too_short": _("falta preencher"),
    "string_pattern_mismatch": _("tem caracteres que não cabem aqui"),
    "greater_than": _("é pequeno demais"),
    "less_than_equal": _("é grande demais"),
    "float_parsing": _("não é um número"),
    "int_parsing": _("não é um número"),
    "literal_error": _("não é uma das opções"),
}

CHOICES = {"flag": _("Avisar uma pessoa"), "resend": _("Reenviar")}


def setting_fields(schema: dict[str, Any], values: dict[str, Any]) -> tuple[SettingField, ...]:
    """The fields in the schema's order, required ones first; a secret's value is never shown.

    What is hidden is not for people: `read_settings` keeps it as it was.
    """
    required = schema.get("required", [])
    fields = [
        setting_field(name, cast("dict[str, Any]", about), values, name in required)
        for name, about in schema["properties"].items()
        if not about.get("hidden")
    ]
    return tuple(sorted(fields, key=lambda field: not field.required))


def setting_field(
    name: str, about: dict[str, Any], values: dict[str, Any], required: bool
) -> SettingField:
    value = values.get(name, about.get("default", ""))
    options: tuple[tuple[str, str], ...] = ()
    if about.get("format") == "password":
        kind, value = "secret", ""
    elif "enum" in about:
        kind = "choice"
        codes: list[str] = about["enum"]
        options = tuple((code, CHOICES.get(code, code)) for code in codes)
    elif about.get("type") == "boolean":
        kind, value = "check", "yes" if value else ""
    elif about.get("type") == "array":
        kind, value = "lines", "\n".join(str(item) for item in value or ())
    else:
        kind = "number" if about.get("type") in ("number", "integer") else "text"
    return SettingField(
        name,
        about.get("title", name),
        about.get("description", ""),
        kind,
        required,
        str(value),
        options,
    )


def hidden_fields(model: type[BaseModel]) -> frozenset[str]:
    """Settings that the product writes itself: nobody may give them."""
    properties = model.model_json_schema()["properties"].items()
    return frozenset(name for name, about in properties if about.get("hidden"))


def read_settings(model: type[BaseModel], form: Form, before: dict[str, Any]) -> dict[str, Any]:
    """The settings as they are stored. A secret left empty stays as it was before.

    Raises a problem that names the field.
    """
    schema = model.model_json_schema()
    given: dict[str, Any] = {n: before[n] for n in hidden_fields(model) if n in before}
    for field in setting_fields(schema, {}):
        if field.kind == "lines":
            given[field.name] = form.lines(field.name)
        elif field.kind == "check":
            given[field.name] = form.flag(field.name)
        elif field.name in form.values:
            text = form.text(field.name, "")
            if text:
                given[field.name] = text
            elif field.kind == "secret" and before.get(field.name):
                given[field.name] = before[field.name]
    try:
        checked = model.model_validate(given)
    except ValidationError as error:
        raise problem_of(model, error) from None
    return {name: plain(value) for name, value in checked.model_dump(mode="python").items()}


def problem_of(model: type[BaseModel], error: ValidationError) -> Problem:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    field = model.model_fields.get(name)
    label = (field.title if field else None) or name
    said = WRONG.get(first["type"], first["msg"].removeprefix("Value error, "))
    return Problem(_("“{field}” {what}."), place=name, field=label, what=said)


def plain(value: Any) -> Any:
    """A value as JSON holds it; secrets are opened, since the whole is sealed."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple | list):
        return [plain(item) for item in cast("list[Any]", value)]
    return value
