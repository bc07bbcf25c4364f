"""What is wrong with how a flow runs: times, translations, types, tools; in a designer's words."""

from web.texts import _

RUNNING: dict[str, tuple[str, str]] = {
    "bad_cron": (
        _("O dia e a hora «{name}» não se entendem."),
        _("Escolha de novo em {place}; 0 9 * * 1-5, por exemplo, é às 9h nos dias úteis."),
    ),
    "keyword_conflict": (
        _("«{name}» também começa «{other}»; quem responde é «{first}»."),
        _("Troque a palavra, limite os canais ou dê prioridades diferentes."),
    ),
    "keyword_conflict/all": (
        _("Qualquer mensagem também começa «{other}»; quem responde é «{first}»."),
        _("Limite os canais, dê prioridades diferentes, ou deixe só um dos dois."),
    ),
    "bad_timezone": (
        _("O fuso horário «{name}» não existe."),
        _("Escolha outro em {place}, nos ajustes do fluxo."),
    ),
    "bad_resume": (
        _("Quando uma pessoa devolve a conversa, ela iria a um passo que não existe mais."),
        _("{near} Escolha outro em {place}, nos ajustes do fluxo."),
    ),
    "nobody": (
        _("Não está dito para quem vai a conversa."),
        _("Escolha uma fila, uma pessoa ou quem já cuida do contato: um só."),
    ),
    "translates_nothing": (
        _("Há uma tradução em {language} que não é de nenhum texto deste passo."),
        _("Isto só vem de um arquivo importado: tire-a dele e importe de novo."),
    ),
    "missing_translation": (
        _("Textos sem tradução em {language}: {count} de {total}, a começar por «{text}»."),
        _("Traduza-os na aba do idioma; até lá o cliente lê em {own}."),
    ),
    "unfit_translation": (
        _("A tradução em {language} muda mais do que palavras."),
        _("Só o que o cliente lê pode ser traduzido: tire o resto do arquivo e importe de novo."),
    ),
    "translation_of_own": (
        _("Há uma tradução em {language}, que é a língua do próprio fluxo: ninguém a lê."),
        _("Escreva nos próprios passos o que ela diz, ou tire-a do arquivo e importe de novo."),
    ),
    "translation_names": (
        _("A tradução em {language} de «{text}» não mostra {names}."),
        _("Mostre na tradução os mesmos dados que o texto original."),
    ),
    "bad_duration": (
        _("O tempo em {place} não serve."),
        _("Escolha outro, por exemplo {example}; cem anos é o máximo."),
    ),
    "repeated_id": (
        _("Duas saídas deste passo têm o mesmo nome («{name}»)."),
        _("Dê outro nome a uma delas, ou apague-a e acrescente-a de novo."),
    ),
    "no_choices_before": (
        _("A espera quer uma escolha, mas nenhum passo antes dela oferece opções."),
        _("Ponha antes um passo com botões ou lista, ou espere outro tipo de resposta."),
    ),
    "of_without_choices": (
        _("O passo «{name}», do qual esta espera lê a resposta, não oferece opções."),
        _("Dê botões ou uma lista àquele passo, ou espere outro tipo de resposta."),
    ),
    "waits_for_nothing": (
        _("Esta espera não aceita resposta nem aviso, e não tem prazo: nunca acaba."),
        _("Diga o que ela espera receber, um aviso de fora, ou um prazo."),
    ),
    "no_tags": (
        _("Não há etiqueta para pôr nem para tirar."),
        _("Escolha ao menos uma."),
    ),
    "for_or_until": (
        _("Não está dito quanto aguardar, ou está dito de dois jeitos."),
        _("Escolha um jeito em {place}."),
    ),
    "no_status": (
        _("A saída «{exit}» não diz para quais códigos de resposta serve."),
        _("Escreva-os em {place}."),
    ),
    "endless_dialogue": (
        _("O diálogo com a IA não tem como acabar."),
        _("Acrescente uma saída em «{outcomes}», ou ligue uma das outras saídas do passo."),
    ),
    "unset_read": (
        _("«{name}» pode chegar aqui sem valor: há um caminho que não o preenche."),
        _("Preencha-o em todos os caminhos, ou ponha antes uma condição: «{name}» {filled}."),
    ),
    "text_outside_window": (
        _(
            "Por algum caminho, este texto livre sai mais de 24 horas depois da última "
            "mensagem do cliente: o WhatsApp o recusa."
        ),
        _(
            "Mande antes um modelo aprovado, encurte a espera (até 23 horas), ou ligue a "
            "saída «{failed}»."
        ),
    ),
    "call_outside_window": (
        _(
            "Por algum caminho, o fluxo «{flow}» fala mais de 24 horas depois da última "
            "mensagem do cliente: o WhatsApp o recusa."
        ),
        _("Mande antes um modelo aprovado, ou encurte a espera (até 23 horas)."),
    ),
    "start_without_purpose": (
        _(
            "O fluxo começa por conta própria sem dizer para quê: ninguém sabe se o cliente "
            "consentiu."
        ),
        _("Escolha a finalidade neste passo ou nos ajustes do fluxo."),
    ),
    "reserved_choice": (
        _("A opção «{exit}» tem o código que mostra mais linhas: ela nunca seria escolhida."),
        _("Apague a opção e acrescente-a de novo com outro título."),
    ),
    "dead_choice": (
        _("A opção «{exit}» não pode ser escolhida aqui: nenhum caminho a oferece por último."),
        _("Passe logo antes pelo passo que a oferece, ou apague a ligação."),
    ),
    "pattern_matches_nothing": (
        _("Nenhuma mensagem combina com o formato «{name}»."),
        _("Confira ^ e $: o texto chega sem espaços nas pontas e com algarismos comuns."),
    ),
    "typed_secret": (
        _("O texto em {place} parece uma chave ou senha: o fluxo é exportado e visto por muitos."),
        _("Troque a chave no provedor, guarde a nova nos segredos do espaço e use-a daí."),
    ),
    "wrong_type": (
        _("A conta em {place} nunca funciona com os tipos dos dados que usa."),
        _("Corrija a conta, ou use outro dado."),
    ),
    "not_a_list": (
        _("«{name}», em {place}, é do tipo {type}, não uma lista."),
        _("Escolha um dado que seja uma lista."),
    ),
    "cannot_store": (
        _("A resposta não cabe em «{name}», que é do tipo {type}."),
        _("Guarde-a em outro dado."),
    ),
    "expires_first": (
        _(
            "Espera {length}, mas a conversa é esquecida depois de {expires}: o que vem "
            "depois nunca acontece."
        ),
        _("Encurte a espera, ou aumente «{forget}» nos ajustes do fluxo."),
    ),
    "never_holds/trigger": (
        _("A condição deste gatilho nunca vale: as partes dela se contradizem."),
        _("Corrija os limites dela, ou apague-a."),
    ),
    "wrong_comparison": (
        _("«{name}» é do tipo {type}: «{op}» nunca vale para isso."),
        _("Escolha outra comparação, ou outro dado."),
    ),
    "tool_without_flow": (
        _("A ferramenta «{name}» não diz que fluxo ela chama: a IA não a vê."),
        _("Escolha um fluxo para ela, ou apague-a."),
    ),
    "tool_name_taken": (
        _("O nome «{name}» já é de outra ferramenta, ou de algo que toda IA pode dizer."),
        _("Dê outro nome à ferramenta."),
    ),
    "tool_waits": (
        _(
            "A ferramenta «{name}» espera por uma pessoa ({way}): a IA não sabe disso, e a "
            "resposta não seria para ela."
        ),
        _(
            "Deixe a própria IA perguntar e passe a resposta como parâmetro, ou ponha a "
            "pergunta depois deste passo."
        ),
    ),
    "tool_parameters": (
        _("Os parâmetros da ferramenta «{name}» não são campos com nome."),
        _("Apague-os e escreva-os em linhas; sem nenhum, valem os dados que o fluxo recebe."),
    ),
    "argument_type": (
        _("O parâmetro «{name}» é do tipo {said}, mas o fluxo «{flow}» espera {type}."),
        _("Troque o tipo em {place}, ou apague os parâmetros: valem os dados que o fluxo recebe."),
    ),
    "missing_argument": (
        _("O fluxo «{flow}» precisa receber «{name}», e a IA pode deixá-lo de fora."),
        _("Acrescente-o aos parâmetros como obrigatório."),
    ),
    "loop_goes_on": (
        _("Nenhum caminho volta de «{exit}» a esta repetição: só o primeiro item é usado."),
        _("Ligue o último passo de cada item de volta a este."),
    ),
}
