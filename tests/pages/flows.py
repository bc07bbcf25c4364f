"""Made-up flows: one that says everything that can be said, a very long one, a broken one."""

import itertools
import struct
import zlib
from typing import Any

from tests.pages.words import Words

COLUMNS = 25
Json = dict[str, Any]


def picture(wide: int = 480, high: int = 300) -> bytes:
    """A PNG with a slope of colour, so that one sees where it ends."""
    rows = b"".join(
        b"\0" + bytes(v for x in range(wide) for v in (40 + y // 3, 90 + x // 4, 140))
        for y in range(high)
    )
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    pieces = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in pieces
    )


def everything(say: Words, asset: str) -> Json:
    """Each kind of content in a row, then a queue. `say`: what people write into texts."""
    media = {"asset": asset}
    long = "Este é um texto comprido, com *negrito*, _itálico_, ~riscado~ e `código`.\n\n" * 3
    contents: list[Json] = [
        {"kind": "text", "text": say(long + "https://exemplo.com.br/" + "caminho-longo/" * 8)},
        {"kind": "image", "media": media, "caption": say("O pet de hoje")},
        {"kind": "audio", "media": media},
        {"kind": "video", "media": media, "caption": say("Um filme")},
        {"kind": "document", "media": media, "filename": say("contrato-de-adesão.pdf")},
        {"kind": "sticker", "media": media},
        {"kind": "location", "latitude": -23.5891, "longitude": -46.6344,
         "name": say("Patas & Cia"), "address": say("Rua das Acácias, 120, Vila Mariana")},
        {"kind": "contact", "name": say("Doutora Helena"), "phones": [{"phone": "+5511999990000"}]},
        {"kind": "buttons", "text": say("Qual destes?"), "header": say("Escolha"),
         "footer": say("Até amanhã"),
         "buttons": [{"id": "a", "title": say("Banho")}, {"id": "b", "title": say("Tosa")}]},
        {"kind": "list", "text": say("E qual destes?"), "button": say("Ver opções"),
         "rows": [{"id": "c", "title": say("Um"), "description": say("o primeiro")}]},
        {"kind": "cta_url", "text": say("Veja o site"), "title": say("Abrir"),
         "url": "https://exemplo.com.br/"},
        {"kind": "location_request", "text": say("Onde você está?")},
    ]  # fmt: skip
    nodes: list[Json] = [
        {"id": "mostrar", "type": "trigger", "title": say("Mostrar tudo"),
         "note": say("Uma nota para a equipe"),
         "on": {"kind": "keyword", "words": ["mostrar"]}},
        *({"id": f"m{n}", "type": "message", "title": say(f"Mensagem {n}"), "contents": [content]}
          for n, content in enumerate(contents)),
        {"id": "fila", "type": "transfer", "to": {"queue": "atendimento"},
         "briefing": say("Viu tudo e quer falar com alguém")},
    ]  # fmt: skip
    ids = [node["id"] for node in nodes]
    return {
        "format": "flowengine/1",
        "key": "tudo",
        "name": say("Mostruário de tudo o que um robô pode dizer a alguém pelo WhatsApp"),
        "nodes": nodes,
        "edges": [{"from": a, "to": b} for a, b in itertools.pairwise(ids)],
        "view": {"notes": [{"id": "nota", "text": say("Rever em maio"), "x": 40, "y": -160}]},
    }


def long_flow(size: int) -> Json:
    """Messages in rows, every third a question that also leads back."""
    nodes: list[Json] = [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["enorme"]}}
    ]
    edges: list[Json] = [{"from": "oi", "to": "n0"}]
    for n in range(size - 1):
        text = [{"kind": "text", "text": f"Passo {n}: tudo bem, {{{{ contact.name }}}}?"}]
        asks = n % 3 == 2
        expect = {"expect": {"kind": "text"}} if asks else {}
        nodes.append(
            {"id": f"n{n}", "type": "ask" if asks else "message", "contents": text, **expect}
        )
        if n < size - 2:
            edges.append({"from": f"n{n}", "exit": "reply" if asks else "next", "to": f"n{n + 1}"})
        if asks:
            edges.append({"from": f"n{n}", "exit": "invalid", "to": f"n{n - 2}"})
    places = {
        node["id"]: [(i % COLUMNS) * 340, (i // COLUMNS) * 260] for i, node in enumerate(nodes)
    }
    return {
        "format": "flowengine/1",
        "key": "enorme",
        "name": f"Um fluxo de {size} passos",
        "nodes": nodes,
        "edges": edges,
        "view": {"nodes": places},
    }


def broken_flow() -> Json:
    """A draft with errors and warnings."""
    return {
        "format": "flowengine/1",
        "key": "com-erros",
        "name": "Um rascunho com erros",
        "nodes": [
            {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}},
            {"id": "pergunta", "type": "ask",
             "contents": [{"kind": "text", "text": "E {{ idade }}?"}], "expect": {"kind": "number"},
             "save_as": "anos"},
            {"id": "solta", "type": "transfer", "to": {"queue": "nao-existe"}},
        ],
        "edges": [{"from": "oi", "to": "pergunta"}],
    }  # fmt: skip
