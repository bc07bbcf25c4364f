"""Words of ours that programs speak in slugs and people read in sentences."""

from web.texts import _

ROLES = {
    "viewer": _("Leitura"),
    "agent": _("Atendente"),
    "designer": _("Designer"),
    "admin": _("Administrador"),
    "owner": _("Dono"),
}

ROLE_MEANS = {
    "viewer": _("vê tudo, não muda nada"),
    "agent": _("atende conversas e cuida dos contatos"),
    "designer": _("também cria e publica fluxos"),
    "admin": _("também cuida de canais, pessoas e configurações"),
    "owner": _("também dá e tira o papel de dono"),
}

STATUSES = {
    "queued": _("Na fila de envio"),
    "sending": _("Enviando"),
    "unknown": _("Sem confirmação do provedor"),
    "sent": _("Enviada"),
    "delivered": _("Entregue"),
    "read": _("Lida"),
    "played": _("Ouvida"),
    "failed": _("Não foi entregue"),
    "dropped": _("Cancelada antes de sair"),
}

STATUS_ICONS = {
    "queued": "clock",
    "sending": "clock",
    "unknown": "circle-help",
    "sent": "check",
    "delivered": "check-check",
    "read": "check-check",
    "played": "check-check",
    "failed": "circle-alert",
    "dropped": "circle-x",
}

REASONS = {
    "account": _("o provedor bloqueou ou restringiu a conta"),
    "auth": _("o token do canal está errado, venceu ou não tem permissão"),
    "billing": _("a conta no provedor tem um problema de pagamento"),
    "invalid": _("o pedido saiu errado"),
    "malformed": _("a resposta do provedor não fez sentido"),
    "media": _("o arquivo não pôde ser buscado ou é de um tipo errado"),
    "opted_out": _("a pessoa pediu para não receber este tipo de mensagem"),
    "policy": _("o provedor decidiu não entregar"),
    "private_address": _("o endereço é de uma rede interna"),
    "rate_limited": _("rápido demais para o provedor"),
    "spam_limit": _("muita gente bloqueou ou denunciou o número"),
    "template": _("o modelo não existe, está parado ou os dados não cabem nele"),
    "too_large": _("o arquivo é grande demais"),
    "transient": _("uma falha passageira do provedor ou da rede"),
    "unclear": _("ninguém sabe se chegou: o provedor não respondeu"),
    "unreachable": _("não dá para alcançar esta pessoa por ali"),
    "unsupported": _("o canal não mostra este tipo de conteúdo"),
    "window_closed": _("passaram 24 horas da última mensagem da pessoa: só um modelo aprovado sai"),
}

ANSWERS = {
    "empty": _("veio vazia"),
    "in_the_past": _("a data já passou"),
    "no_choice": _("não é nenhuma das opções"),
    "no_match": _("não tem a forma esperada"),
    "no_time": _("falta a hora"),
    "not_a_cnpj": _("não é um CNPJ"),
    "not_a_contact": _("não é um contato"),
    "not_a_cpf": _("não é um CPF"),
    "not_a_date": _("não é uma data"),
    "not_a_form": _("não é o formulário"),
    "not_a_location": _("não é uma localização"),
    "not_a_number": _("não é um número"),
    "not_media": _("não é uma foto nem um arquivo"),
    "not_text": _("não é um texto"),
    "not_whole": _("não é um número inteiro"),
    "not_yes_no": _("não é sim nem não"),
    "too_big": _("o número é grande demais"),
    "too_long": _("o texto é longo demais"),
    "too_short": _("o texto é curto demais"),
    "too_small": _("o número é pequeno demais"),
    "wrong_media": _("é outro tipo de arquivo"),
}
"""Why an answer did not serve."""

SCHEDULED = {
    "waiting": _("Agendadas"),
    "sent": _("Enviadas"),
    "refused": _("Recusadas"),
    "cancelled": _("Canceladas"),
}

EXECUTIONS = {
    "waiting": _("esperando"),
    "queued": _("na vez"),
    "suspended": _("parado"),
    "transferred": _("com uma pessoa"),
    "completed": _("terminou"),
    "failed": _("falhou"),
    "interrupted": _("interrompido"),
    "expired": _("expirou"),
}

OWNERS = {"bot": _("Robô"), "queue": _("Na fila"), "agent": _("Com uma pessoa")}

SOURCES = {
    "flow": _("por um fluxo"),
    "word": _("pela própria mensagem"),
    "provider": _("nas configurações do WhatsApp"),
    "person": _("por alguém da equipe"),
}

TABLES = {
    "roles_words": ROLES,
    "roles_mean": ROLE_MEANS,
    "executions_words": EXECUTIONS,
    "owners_words": OWNERS,
    "sources_words": SOURCES,
}
"""For templates, which translate them."""
