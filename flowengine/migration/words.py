"""The words of migration plans in the languages of the product; a test holds them together."""

from msgspec import Struct

from flowengine.languages import Family


class Words(Struct, frozen=True):
    """`hows` and `whys` tell a move, `losses` what is lost; all are put into lines with counts."""

    nothing: str
    headline: str
    line: str
    loses: str
    changed: str
    asks_again: str
    hows: dict[str, str]
    whys: dict[str, str]
    losses: dict[str, str]


WORDS: dict[Family, Words] = {
    "pt": Words(
        nothing="Nenhuma conversa em andamento.",
        headline="Conversas em andamento: {total}. Podem mudar de versão: {can}. "
        "Não podem: {cannot}.",
        line="{count} × {flow}/{node}: {what}",
        loses="perde {count} × {what}",
        changed="mudaram os fluxos: {flows}",
        asks_again="{count} × a pergunta precisa ser feita de novo",
        hows={
            "stays": "fica no mesmo passo",
            "mapped": "continua em «{to}»",
            "anew": "entra de novo em «{to}»",
            "nowhere": "não tem para onde ir: {why}",
        },
        whys={
            "over": "já terminou",
            "other_flow": "a versão nova não tem este fluxo",
            "gone": "o passo não existe mais",
            "kind": "o passo agora é de outro tipo",
            "choices": "nenhuma das opções oferecidas existe mais",
        },
        losses={
            "variable": "a variável {name}",
            "converted": "o valor da variável {name}, que passa a ser de outro tipo",
            "timer": "um prazo que estava correndo",
            "untimed": "o prazo novo, que não vale para quem já espera",
            "outcome": "uma resposta que estava por vir",
            "choice": "a opção «{name}», que o cliente ainda vê",
            "loop": "a conta da repetição «{name}»",
        },
    ),
    "en": Words(
        nothing="No conversation is under way.",
        headline="Conversations under way: {total}. Can move: {can}. Cannot: {cannot}.",
        line="{count} × {flow}/{node}: {what}",
        loses="loses {count} × {what}",
        changed="flows that changed: {flows}",
        asks_again="{count} × the question has to be asked again",
        hows={
            "stays": "stays at the same step",
            "mapped": "goes on at «{to}»",
            "anew": "enters «{to}» anew",
            "nowhere": "has nowhere to go: {why}",
        },
        whys={
            "over": "it is over",
            "other_flow": "the new version does not have this flow",
            "gone": "the step is gone",
            "kind": "the step is of another kind now",
            "choices": "none of the choices that were offered is left",
        },
        losses={
            "variable": "the variable {name}",
            "converted": "the value of the variable {name}, which becomes another type",
            "timer": "a timer that was running",
            "untimed": "the new timeout, which does not run for those who wait already",
            "outcome": "an answer that was to come",
            "choice": "the choice «{name}», which the customer still sees",
            "loop": "the count of the loop «{name}»",
        },
    ),
    "es": Words(
        nothing="No hay conversaciones en curso.",
        headline="Conversaciones en curso: {total}. Pueden cambiar de versión: {can}. "
        "No pueden: {cannot}.",
        line="{count} × {flow}/{node}: {what}",
        loses="pierde {count} × {what}",
        changed="cambiaron los flujos: {flows}",
        asks_again="{count} × hay que volver a hacer la pregunta",
        hows={
            "stays": "se queda en el mismo paso",
            "mapped": "sigue en «{to}»",
            "anew": "entra de nuevo en «{to}»",
            "nowhere": "no tiene adónde ir: {why}",
        },
        whys={
            "over": "ya terminó",
            "other_flow": "la versión nueva no tiene este flujo",
            "gone": "el paso ya no existe",
            "kind": "el paso ahora es de otro tipo",
            "choices": "no queda ninguna de las opciones ofrecidas",
        },
        losses={
            "variable": "la variable {name}",
            "converted": "el valor de la variable {name}, que pasa a ser de otro tipo",
            "timer": "un plazo que estaba corriendo",
            "untimed": "el plazo nuevo, que no vale para quien ya espera",
            "outcome": "una respuesta que estaba por llegar",
            "choice": "la opción «{name}», que el cliente todavía ve",
            "loop": "la cuenta de la repetición «{name}»",
        },
    ),
}
