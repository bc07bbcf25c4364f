"""The words of a difference in the languages of the product; a test holds them together."""

from msgspec import Struct

from flowengine.languages import Family


class Words(Struct, frozen=True):
    """`nouns`: of what may change, one and several. The rest are whole sentences or pieces."""

    nothing: str
    words: str
    same: str
    different: str
    moved: tuple[str, str]
    looks: str
    renamed: str
    was: str
    reordered: str
    nouns: dict[str, tuple[str, str]]


WORDS: dict[Family, Words] = {
    "pt": Words(
        nothing="Nada mudou.",
        words="A lógica é a mesma: só mudaram palavras que a equipe lê.",
        same="A lógica é a mesma.",
        different="A lógica mudou: {counts}.",
        moved=(
            "{count} passo só mudou de lugar no desenho.",
            "{count} passos só mudaram de lugar no desenho.",
        ),
        looks="As notas ou as molduras do desenho mudaram.",
        renamed="{noun} «{was}» agora se chama «{id}»",
        was="era {was}",
        reordered="nova ordem",
        nouns={
            "flow": ("fluxo", "fluxos"),
            "setting": ("ajuste", "ajustes"),
            "variable": ("variável", "variáveis"),
            "input": ("entrada", "entradas"),
            "output": ("saída do fluxo", "saídas do fluxo"),
            "trigger": ("gatilho", "gatilhos"),
            "node": ("passo", "passos"),
            "edge": ("ligação", "ligações"),
            "translation": ("tradução", "traduções"),
        },
    ),
    "en": Words(
        nothing="Nothing changed.",
        words="The logic is the same: only words that the team reads changed.",
        same="The logic is the same.",
        different="The logic changed: {counts}.",
        moved=("{count} step only moved on the canvas.", "{count} steps only moved on the canvas."),
        looks="Notes or frames of the canvas changed.",
        renamed="{noun} «{was}» is now called «{id}»",
        was="was {was}",
        reordered="new order",
        nouns={
            "flow": ("flow", "flows"),
            "setting": ("setting", "settings"),
            "variable": ("variable", "variables"),
            "input": ("input", "inputs"),
            "output": ("output", "outputs"),
            "trigger": ("trigger", "triggers"),
            "node": ("step", "steps"),
            "edge": ("edge", "edges"),
            "translation": ("translation", "translations"),
        },
    ),
    "es": Words(
        nothing="Nada cambió.",
        words="La lógica es la misma: solo cambiaron palabras que lee el equipo.",
        same="La lógica es la misma.",
        different="La lógica cambió: {counts}.",
        moved=(
            "{count} paso solo cambió de lugar en el dibujo.",
            "{count} pasos solo cambiaron de lugar en el dibujo.",
        ),
        looks="Las notas o los marcos del dibujo cambiaron.",
        renamed="{noun} «{was}» ahora se llama «{id}»",
        was="era {was}",
        reordered="nuevo orden",
        nouns={
            "flow": ("flujo", "flujos"),
            "setting": ("ajuste", "ajustes"),
            "variable": ("variable", "variables"),
            "input": ("entrada", "entradas"),
            "output": ("salida del flujo", "salidas del flujo"),
            "trigger": ("disparador", "disparadores"),
            "node": ("paso", "pasos"),
            "edge": ("conexión", "conexiones"),
            "translation": ("traducción", "traducciones"),
        },
    ),
}
