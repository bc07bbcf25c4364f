"""The words of a rehearsal in the languages of the product; a test holds them together."""

from msgspec import Struct

from flowengine.languages import Family


class Words(Struct, frozen=True):
    """`whats`: what parts, with node, name, recorded and rehearsed put in."""

    nothing: str
    headline: str
    parted: str
    example: str
    also: str
    lacking: str
    none: str
    whats: dict[str, str]
    skipped: dict[str, str]


WORDS: dict[Family, Words] = {
    "pt": Words(
        nothing="Nenhuma conversa para ensaiar.",
        headline="Conversas ensaiadas: {total}. Iguais: {same}. Diferentes: {parted}. "
        "Fora do ensaio: {skipped}.",
        parted="{count} × em «{node}»: {what}",
        example="por exemplo {execution}, linha {seq}.{step}",
        also="depois disso: {what}",
        lacking="As gravações não têm {names}: o que depende disso pode não se repetir.",
        none="nada",
        whats={
            "begin": "o gatilho não existe mais, ou não reconhece mais «{recorded}»",
            "route": "a mensagem era {recorded}, agora é {rehearsed}",
            "outcome": "veio {recorded}, que este passo não espera mais",
            "exit": "saía por {recorded}, agora sai por {rehearsed}",
            "variable": "{name} era {recorded}, agora é {rehearsed}",
            "send": "dizia {recorded}, agora diz {rehearsed}",
            "effect": "pedia {recorded}, agora pede {rehearsed}",
            "status": "ficava {recorded}, agora fica {rehearsed}",
            "place": "parava em {recorded}, agora para em {rehearsed}",
        },
        skipped={
            "erased": "{count} × dados apagados",
            "unreadable": "{count} × gravação ilegível",
            "middle": "{count} × falta o começo da gravação",
            "other_flow": "{count} × conversa de outro fluxo",
        },
    ),
    "en": Words(
        nothing="There is no conversation to rehearse.",
        headline="Conversations rehearsed: {total}. Same: {same}. Different: {parted}. "
        "Left out: {skipped}.",
        parted="{count} × at «{node}»: {what}",
        example="for example {execution}, row {seq}.{step}",
        also="after that: {what}",
        lacking="The recordings lack {names}: what depends on it may come out otherwise.",
        none="nothing",
        whats={
            "begin": "the trigger is gone, or does not know «{recorded}» any more",
            "route": "the message was {recorded}, now it is {rehearsed}",
            "outcome": "{recorded} came, which this step does not wait for any more",
            "exit": "left by {recorded}, now leaves by {rehearsed}",
            "variable": "{name} was {recorded}, now it is {rehearsed}",
            "send": "said {recorded}, now says {rehearsed}",
            "effect": "asked for {recorded}, now asks for {rehearsed}",
            "status": "was left as {recorded}, now as {rehearsed}",
            "place": "stood at {recorded}, now stands at {rehearsed}",
        },
        skipped={
            "erased": "{count} × erased",
            "unreadable": "{count} × the recording cannot be read",
            "middle": "{count} × the beginning of the recording is missing",
            "other_flow": "{count} × a conversation of another flow",
        },
    ),
    "es": Words(
        nothing="No hay conversaciones que ensayar.",
        headline="Conversaciones ensayadas: {total}. Iguales: {same}. Diferentes: {parted}. "
        "Fuera del ensayo: {skipped}.",
        parted="{count} × en «{node}»: {what}",
        example="por ejemplo {execution}, fila {seq}.{step}",
        also="después de eso: {what}",
        lacking="Las grabaciones no tienen {names}: lo que depende de eso puede no repetirse.",
        none="nada",
        whats={
            "begin": "el disparador ya no existe, o ya no reconoce «{recorded}»",
            "route": "el mensaje era {recorded}, ahora es {rehearsed}",
            "outcome": "llegó {recorded}, que este paso ya no espera",
            "exit": "salía por {recorded}, ahora sale por {rehearsed}",
            "variable": "{name} era {recorded}, ahora es {rehearsed}",
            "send": "decía {recorded}, ahora dice {rehearsed}",
            "effect": "pedía {recorded}, ahora pide {rehearsed}",
            "status": "quedaba {recorded}, ahora queda {rehearsed}",
            "place": "se detenía en {recorded}, ahora se detiene en {rehearsed}",
        },
        skipped={
            "erased": "{count} × datos borrados",
            "unreadable": "{count} × la grabación no se puede leer",
            "middle": "{count} × falta el comienzo de la grabación",
            "other_flow": "{count} × conversación de otro flujo",
        },
    ),
}
