"""What the format's reader refuses, as a designer reads it: the step by its name, and the mend.

Programs and the command line keep the reader's own sentences, with the path.
"""

from collections.abc import Mapping

from flowengine.errors import FlowError
from web.kinds import KINDS
from web.problems import Problem
from web.texts import Texts, _

RELOAD = _("Recarregue a página.")
SENTENCES: Mapping[str, tuple[str, str]] = {
    "too_large": (
        _("O documento tem {size} bytes; cabem {most}."),
        _("Divida-o em fluxos menores."),
    ),
    "unknown_format": (
        _("Não é um fluxo deste produto, ou é de um formato que esta versão não conhece."),
        _("Traga um arquivo que saiu de “Exportar”."),
    ),
    "nested": (
        _("O documento tem níveis demais, um dentro do outro."),
        _("Um fluxo só precisa de alguns níveis."),
    ),
    "no_object": (
        _("O documento não é um objeto JSON inteiro."),
        _("Traga o arquivo inteiro, como ele foi exportado."),
    ),
    "byte_order_mark": (
        _("O arquivo começa com uma marca invisível (BOM)."),
        _("Salve-o como UTF-8 sem BOM."),
    ),
    "half_character": (
        _("Há meio caractere na linha {line}, coluna {column}."),
        _("Escreva o caractere inteiro, ou apague-o."),
    ),
    "no_json": (
        _("O texto não é JSON: algo está errado na linha {line}, coluna {column}."),
        _("Veja se falta ali uma vírgula, uma aspa ou uma chave."),
    ),
    "no_utf8": (_("O arquivo não está em UTF-8."), _("Salve-o como UTF-8.")),
    "nul": (
        _("Um texto tem um caractere nulo, que nenhum sistema aceita."),
        _("Apague esse texto e escreva-o de novo."),
    ),
    "too_many_nodes": (
        _("O fluxo tem {count} passos; cabem {most}."),
        _("Divida-o em fluxos que se chamam."),
    ),
    "unknown_field": (
        _("{step}: o campo «{name}» não existe ali."),
        _("Tire-o: nada o leria."),
    ),
    "unknown_field/near": (
        _("{step}: o campo «{name}» não existe ali."),
        _("Você quis dizer «{near}»?"),
    ),
    "no_field": (_("{step}: falta o campo «{name}»."), _("Acrescente-o.")),
    "wrong_type": (
        _("{step}: o valor do campo «{field}» é de outro tipo."),
        _("Escreva ali {wanted}."),
    ),
    "wrong_value": (
        _("{step}: «{value}» não é um dos valores do campo «{field}»."),
        _("Veja na referência do formato quais ele pode ter."),
    ),
    "wrong_form": (
        _("{step}: «{value}» não serve no campo «{field}»."),
        _("Veja na referência do formato como ele se escreve."),
    ),
    "wrong_here": (
        _("{step}: o valor do campo «{field}» não serve."),
        _("Veja na referência do formato como ele se escreve."),
    ),
    "id_taken": (_("Já existe um passo com o id «{name}»."), _("Escolha outro.")),
    "no_step": (_("O passo «{name}» não existe mais."), RELOAD),
    "no_mark": (_("Esta nota ou moldura não existe mais."), RELOAD),
    "no_edit": (_("Esta mudança não pode ser lida."), RELOAD),
    "too_far": (_("O lugar fica longe demais no desenho."), _("Ponha-o mais perto.")),
    "no_passage": (
        _("O arquivo não tem nenhum texto."),
        _("Escreva ao menos um parágrafo, ou uma linha com texto."),
    ),
    "no_text_file": (_("Isto não é um arquivo de texto."), _("Salve-o como texto ou como CSV.")),
    "no_csv": (_("A linha {line} não é de uma tabela CSV."), _("Exporte a tabela de novo.")),
    "no_text_column": (
        _("Nenhuma coluna da primeira linha é a dos textos ({columns})."),
        _("Dê às colunas os nomes «título» e «texto», ou «pergunta» e «resposta»."),
    ),
    "long_row": (
        _("O texto da linha {row} tem {count} caracteres; cabem {most}."),
        _("Divida-o em duas linhas."),
    ),
    "empty_row": (_("A linha {row} não tem texto."), _("Preencha-a, ou apague a linha.")),
    "too_many_edits": (_("São mudanças demais de uma vez."), _("Faça-as em partes.")),
}
"""By code (`FlowError.code`), and by "code/near": what is wrong, and the mend."""

FORMS: Mapping[str, str] = {
    "^[a-z0-9_-]{1,64}$": _("Use minúsculas, números, «_» e «-», até 64."),
    "^[a-z_][a-z0-9_]{0,63}$": _("Use minúsculas, números e «_», sem número no começo, até 64."),
    "^P(?=": _("Escreva uma duração como «PT2H» (2 horas) ou «P7D» (7 dias)."),
}
WANTED: Mapping[str, str] = {
    "array": _("uma lista, [ … ]"),
    "object": _("um objeto, { … }"),
    "str": _('um texto, "…"'),
    "int": _("um número inteiro"),
    "float": _("um número"),
    "decimal": _("um número"),
    "bool": _("true ou false"),
}


class Refused(Problem):
    """A document or an edit that cannot be read. `file`: which one of several."""

    def __init__(self, error: FlowError, file: str = "") -> None:
        place = f"{file} {error.path}" if file else error.path
        super().__init__(error.message, place=place, mend=error.fix)
        self.error = error

    def said(self, t: Texts) -> tuple[str, str]:
        """What is wrong and how it is mended, in a language."""
        error = self.error
        code = f"{error.code}/near" if error.values.get("near") else error.code
        known = SENTENCES.get(code)
        if known is None:
            return error.message, error.fix
        sentence, mend = known
        field = error.path.rpartition("/")[2]
        values = {"field": field, "value": "", **error.values, "step": step_of(error, t)}
        if error.code == "wrong_form":
            mend = FORMS.get(values["form"], mend)
        if error.code == "wrong_type":
            names = dict.fromkeys(t(WANTED[each]) for each in values["wanted"].split())
            values["wanted"] = t(_(" ou ")).join(names)
            mend = mend if names else SENTENCES["wrong_here"][1]
        return t(sentence, **values), t(mend, **values)


def step_of(error: FlowError, t: Texts) -> str:
    """«Menu da loja», else the kind of step and its id, else the document."""
    values = error.values
    if values.get("title"):
        return t(_("Passo «{name}»"), name=values["title"])
    kind = KINDS.get(values.get("type", ""))
    if kind is not None:
        return t(_("Passo «{name}»"), name=f"{t(kind.label)} ({values['id']})")
    if values.get("id"):
        return t(_("Passo «{name}»"), name=values["id"])
    return t(_("O documento"))
