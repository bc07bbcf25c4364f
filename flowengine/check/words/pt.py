"""Em português."""

from flowengine.check.words.pt_paths import PATHS

AT = "«{node}»: "

NEAR = "Você quis dizer «{}»?"

KINDS = {
    "queue": "a fila",
    "schedule": "o horário",
    "template": "o modelo de mensagem",
    "field": "o campo de contato",
    "tag": "a etiqueta",
    "constant": "a constante",
    "secret": "o segredo",
    "profile": "o perfil de IA",
    "knowledge": "a base de conhecimento",
    "flow": "o fluxo",
    "purpose": "a finalidade",
}

SENTENCES: dict[str, tuple[str, str]] = {
    "duplicate_id": ("outro passo já tem este id.", "Dê a um dos dois um id só dele."),
    "unknown_node": (
        "o passo «{name}» não existe.",
        "{near} Aponte {path} para um passo do fluxo.",
    ),
    "unknown_exit": (
        "a saída «{name}» não existe neste passo.",
        "{near} Ligue a partir de uma saída que o passo tenha.",
    ),
    "duplicate_edge": (
        "a saída «{exit}» tem mais de uma ligação.",
        "Deixe só uma: uma saída leva a um único passo.",
    ),
    "missing_edge": (
        "a saída «{exit}» ({label}) não leva a lugar nenhum.",
        "Ligue essa saída ao próximo passo, ou a um passo de fim.",
    ),
    "missing_choice_edge": (
        "a saída «{exit}» ({label}) não leva a lugar nenhum.",
        "Ligue essa saída, ou ligue «{other}», que vale para todas as que ficarem soltas.",
    ),
    "unknown_start": ("o começo «{name}» não existe.", "{near} Ponha em start o id de um passo."),
    "no_beginning": (
        "o fluxo não tem gatilho nem começo: nada o inicia.",
        "Acrescente um gatilho, ou ponha em start o id do primeiro passo.",
    ),
    "unreachable": (
        "nenhum caminho chega a este passo.",
        "Ligue uma saída a ele, ou apague o passo.",
    ),
    "timeout_without_edge": (
        "há um prazo, mas a saída «timeout» está solta: nenhum relógio será ligado.",
        "Ligue a saída «timeout», ou tire o prazo.",
    ),
    "edge_without_timeout": (
        "a saída «timeout» está ligada, mas não há prazo: ela nunca será usada.",
        "Dê um prazo em timeout (por exemplo PT2H), ou tire a ligação.",
    ),
    "endless_cycle": (
        "o caminho {way} dá voltas sem nunca esperar pelo cliente.",
        "Ponha no caminho um passo que espere (pergunta, espera, intervalo) ou uma repetição.",
    ),
    "call_cycle": (
        "os fluxos chamam uns aos outros em círculo: {way}.",
        'Troque uma das chamadas por um salto ("return": false).',
    ),
    "calls_too_deep": (
        "os fluxos se chamam fundo demais: {way}; no máximo {limit} um dentro do outro.",
        'Junte alguns deles, ou faça de uma chamada um salto ("return": false).',
    ),
    "not_known_here": (
        "não dá para saber daqui se {kind} «{name}» existe.",
        "Confira com o workspace.json do seu espaço de trabalho (--workspace).",
    ),
    "unknown_queue": ("a fila «{name}» não existe.", "{near} Crie a fila ou escolha outra."),
    "unknown_schedule": (
        "o horário «{name}» não existe.",
        "{near} Crie o horário ou escolha outro.",
    ),
    "unknown_template": (
        "o modelo de mensagem «{name}» não existe.",
        "{near} Cadastre o modelo ou escolha outro.",
    ),
    "unknown_template_language": (
        "o modelo «{name}» não existe no idioma «{language}».",
        "{near} Use um idioma em que o modelo foi aprovado.",
    ),
    "unknown_field": (
        "o campo de contato «{name}» não existe.",
        "{near} Crie o campo ou use outro.",
    ),
    "unknown_tag": ("a etiqueta «{name}» não existe.", "{near} Crie a etiqueta ou use outra."),
    "unknown_constant": (
        "a constante «{name}» não existe.",
        "{near} Crie a constante ou use outra.",
    ),
    "unknown_secret": ("o segredo «{name}» não existe.", "{near} Cadastre o segredo ou use outro."),
    "unknown_profile": (
        "o perfil de IA «{name}» não existe.",
        "{near} Cadastre o perfil ou escolha outro.",
    ),
    "unknown_knowledge": (
        "a base de conhecimento «{name}» não existe.",
        "{near} Cadastre a base ou escolha outra.",
    ),
    "unknown_purpose": (
        "a finalidade «{name}» não existe.",
        "{near} Use utility, marketing ou uma finalidade do espaço de trabalho.",
    ),
    "unknown_flow": ("o fluxo «{name}» não existe.", "{near} Crie o fluxo ou chame outro."),
    "template_params": (
        "o modelo «{name}» pede outros parâmetros: {wanted}.",
        "Preencha exatamente esses parâmetros.",
    ),
    "template_buttons": (
        "o modelo «{name}» tem só {wanted} botões de resposta.",
        "Tire os botões que sobram.",
    ),
    "template_header": (
        "o cabeçalho não combina com o do modelo «{name}».",
        "Mande mídia no cabeçalho se, e só se, o modelo tiver uma.",
    ),
    "call_without_start": (
        "o fluxo «{flow}» não diz por onde começa quando é chamado.",
        "Ponha em start, naquele fluxo, o id do primeiro passo.",
    ),
    "unknown_input": (
        "o fluxo «{flow}» não tem a entrada «{name}».",
        "{near} Declare-a em inputs daquele fluxo, ou tire-a daqui.",
    ),
    "missing_input": (
        "o fluxo «{flow}» exige a entrada «{name}».",
        "Passe um valor para ela em with.",
    ),
    "unknown_output": (
        "o fluxo «{flow}» não tem a saída de dados «{name}».",
        "{near} Declare-a em outputs daquele fluxo, ou guarde outra.",
    ),
    "unknown_outcome": (
        "o fluxo «{flow}» nunca termina com o desfecho «{name}».",
        "{near} Ligue a um desfecho que um passo de fim daquele fluxo dê.",
    ),
    "undeclared_name": (
        "a variável «{name}» não foi declarada.",
        "{near} Declare-a em variables, ou use uma que exista.",
    ),
    "undeclared_output": (
        "a saída de dados «{name}» não foi declarada.",
        "{near} Declare-a em outputs do fluxo.",
    ),
    "not_settable": (
        "«{name}» não pode receber um valor.",
        "{near} Use uma variável, contact.name, contact.language ou contact.fields.NOME.",
    ),
    "reserved_name": (
        "o nome «{name}» é reservado e não serve para uma variável.",
        "Escolha outro nome.",
    ),
    "duplicate_name": ("o nome «{name}» foi declarado duas vezes.", "Deixe só uma declaração."),
    "unknown_name": (
        "o nome «{name}», lido em {path}, não existe.",
        "{near} Declare a variável, ou corrija o nome.",
    ),
    "secret_in_text": (
        "«{name}» apareceria em um texto: segredos só entram em chamadas HTTP.",
        "Tire o segredo daqui.",
    ),
    "template_invalid": (
        "o texto em {path} não pode ser montado (linha {line}, coluna {column}): {why}.",
        "{mend}.",
    ),
    "expression_invalid": (
        "a expressão em {path} não pode ser calculada (linha {line}, coluna {column}): {why}.",
        "{mend}.",
    ),
    "pattern_invalid": (
        "o padrão em {path} não é válido (linha {line}, coluna {column}): {why}.",
        "{mend}.",
    ),
    "condition_invalid": (
        "a condição em {path} não é válida (linha {line}, coluna {column}): {why}.",
        "{mend}.",
    ),
    "no_contents": ("não há nada para dizer.", "Acrescente um conteúdo, ou apague o passo."),
    "interactive_not_last": (
        "só o último conteúdo pode ter botões, lista ou formulário.",
        "Leve {path} para o fim, ou para outro passo.",
    ),
    "empty_text": ("falta texto em {path}.", "Escreva o texto."),
    "too_long": (
        "o texto em {path} tem {length} caracteres; o WhatsApp aceita {limit}.",
        "Encurte o texto.",
    ),
    "too_long_at_least": (
        "o texto em {path} tem pelo menos {length} caracteres; o WhatsApp aceita {limit}.",
        "Encurte a parte fixa do texto.",
    ),
    "media_source": (
        "a mídia em {path} precisa de um arquivo ou de um endereço: um dos dois, e só um.",
        "Preencha asset ou url.",
    ),
    "unknown_file": (
        "o arquivo «{name}» não está neste espaço.",
        "Envie o arquivo, ou escolha outro.",
    ),
    "no_address": (
        "o endereço «{name}» não é um endereço da internet.",
        "Escreva-o inteiro: https://, o nome do servidor e o caminho.",
    ),
    "media_asset": (
        "«{name}» não é um arquivo nosso.",
        "Use a forma sha256:…, que aparece ao enviar o arquivo.",
    ),
    "two_headers": ("há mídia e título no mesmo cabeçalho.", "Fique com um dos dois."),
    "no_choices_here": ("em {path} não há nenhuma opção.", "Acrescente ao menos uma opção."),
    "too_many_buttons": (
        "há {count} botões; o WhatsApp mostra no máximo {limit}.",
        "Tire botões, ou use uma lista.",
    ),
    "too_many_rows": (
        "a lista tem {count} linhas; o WhatsApp mostra no máximo {limit}.",
        "Tire linhas, ou divida em dois menus.",
    ),
    "too_many_sections": (
        "a lista tem {count} seções; o WhatsApp mostra no máximo {limit}.",
        "Junte seções.",
    ),
    "rows_and_sections": (
        "a lista tem linhas soltas e seções.",
        "Ponha todas as linhas em seções.",
    ),
    "bad_choice_id": (
        "o id de opção «{name}» não serve.",
        "Use até 64 letras minúsculas, algarismos, _ ou -.",
    ),
    "repeated_choice": ("duas opções têm o id «{name}».", "Dê a cada opção um id só dela."),
    "repeated_title": (
        "duas opções se chamam «{name}».",
        "Dê a cada opção um título só dela.",
    ),
    "opt_out_word": (
        "«{name}» é palavra de descadastro: quem a escreve deixa de receber mensagens.",
        "Troque a palavra.",
    ),
    "no_words": (
        "o gatilho não tem nenhuma palavra.",
        "Acrescente as palavras que o cliente diria.",
    ),
    "bad_cron": (
        "«{name}» não é um horário de cron: {why}.",
        "Escreva cinco campos, por exemplo «0 9 * * 1-5» (dias úteis às 9h).",
    ),
    "keyword_conflict": (
        "«{name}» também é respondido por {flow}/{other}; vale primeiro {first}, depois {second}.",
        "Troque a palavra, limite os canais ou dê prioridades diferentes.",
    ),
    "bad_timezone": (
        "o fuso horário «{name}» não existe.",
        "Escreva um como America/Sao_Paulo.",
    ),
    "bad_resume": (
        "resume diz «{name}», que não é um passo.",
        "{near} Use reprompt, end ou o id de um passo.",
    ),
    "nobody": (
        "não está dito para quem vai a conversa em {path}.",
        "Diga uma fila, um atendente ou o responsável pelo contato: um só.",
    ),
    "translates_nothing": (
        "a tradução «{language}» de {name} não corresponde a nenhum texto.",
        "Corrija o caminho, ou tire a tradução.",
    ),
    "missing_translation": (
        "falta a tradução «{language}» de {count} de {total} textos, a começar por «{text}».",
        "Traduza em translations, ou exporte com flowengine translations export; "
        "até lá o cliente lê em {own}.",
    ),
    "unfit_translation": (
        "a tradução «{language}» de {name} muda mais do que palavras.",
        "Traduza só textos que o cliente lê: "
        "ids, expressões e regras são os mesmos em toda língua.",
    ),
    "translation_of_own": (
        "a tradução «{language}» é da língua do próprio fluxo: nada a lê (passos: {count}).",
        "Leve os textos para os próprios passos, ou tire a tradução.",
    ),
    "translation_names": (
        "a tradução «{language}» de «{text}» não mostra {names}.",
        "Mostre na tradução os mesmos valores que o texto original.",
    ),
    "bad_duration": ("a duração «{name}» não serve: {why}.", "{mend}."),
    "repeated_id": ("o id «{name}» aparece duas vezes neste passo.", "Dê a cada um o seu id."),
    "no_choices": (
        "a pergunta espera uma escolha, mas não oferece nenhuma.",
        "Ofereça botões ou uma lista, ou espere outro tipo de resposta.",
    ),
    "no_choices_before": (
        "a espera quer uma escolha, mas nenhum passo antes dela oferece opções.",
        "Diga em of o passo que oferece, ou espere outro tipo de resposta.",
    ),
    "of_without_choices": (
        "o passo «{name}», dito em of, não oferece opções.",
        "Diga em of um passo com botões ou lista.",
    ),
    "waits_for_nothing": (
        "a espera não aceita resposta, nem evento, nem tem prazo: nunca acaba.",
        "Dê-lhe expect, events ou timeout.",
    ),
    "no_cases": ("a condição não tem nenhum caso.", "Acrescente um caso, ou apague o passo."),
    "no_weight": (
        "nenhuma variante tem peso maior que zero.",
        "Dê peso a pelo menos uma variante.",
    ),
    "no_tags": ("não há etiqueta para pôr nem tirar.", "Preencha add ou remove."),
    "for_or_until": (
        "o intervalo em {path} precisa dizer quanto ou até quando: um dos dois, e só um.",
        "Preencha for ou until (com expr ou open).",
    ),
    "no_status": ("a saída não tem nenhum código de resposta.", "Liste os códigos em status."),
    "bad_status": (
        "o código {name} é repetido ou não é um código HTTP.",
        "Use códigos de 100 a 599, cada um em uma só saída.",
    ),
    "endless_dialogue": (
        "o diálogo de IA não tem saída.",
        "Dê-lhe outcomes, ou ligue handoff, unsure, timeout ou limit.",
    ),
    **PATHS,
}
