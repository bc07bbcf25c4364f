"""Em português: caminhos, ramos, tempo, tipos, custos e ferramentas."""

PATHS: dict[str, tuple[str, str]] = {
    "unset_read": (
        "«{name}» pode chegar aqui sem valor: há um caminho que não o preenche.",
        "Preencha-o em todos os caminhos, dê a ele um valor padrão, ou pergunte no texto:"
        " {{% if {name} %}}.",
    ),
    "text_outside_window": (
        "por algum caminho, este texto livre sai mais de 24 horas depois da última mensagem do"
        " cliente: o WhatsApp o recusa.",
        "Mande antes uma mensagem-modelo, encurte o prazo (até 23 h), ou ligue a saída «failed».",
    ),
    "call_outside_window": (
        "por algum caminho, o fluxo «{flow}» fala mais de 24 horas depois da última mensagem do"
        " cliente: o WhatsApp o recusa.",
        "Mande antes uma mensagem-modelo, ou encurte o prazo (até 23 h).",
    ),
    "start_without_purpose": (
        "o fluxo começa por conta própria sem dizer para quê: ninguém sabe se o cliente consentiu.",
        "Informe purpose aqui ou nas configurações do fluxo (utility, marketing ou um seu).",
    ),
    "shadowed_branch": (
        "«{name}» nunca acontece: «{other}», que vem antes, já fica com todos os casos.",
        "Mude a ordem, estreite a condição anterior, ou apague esta.",
    ),
    "reserved_choice": (
        "o id «{name}» é usado para mostrar mais linhas: a opção nunca seria escolhida.",
        "Dê outro id à opção.",
    ),
    "dead_choice": (
        "a opção «{name}» não pode ser escolhida aqui: nenhum caminho a oferece por último.",
        "Diga em of o passo que a oferece, e passe por ele antes, ou apague a ligação.",
    ),
    "ai_loop": (
        "a IA pode ser chamada de novo e de novo sem que o cliente diga nada ({way}): o custo não"
        " tem fim.",
        "Ponha nesse caminho uma pergunta, ou uma repetição com limite.",
    ),
    "pattern_matches_nothing": (
        "nenhuma mensagem combina com o padrão «{name}».",
        "Confira ^, $ e \\b: o texto vem sem espaços nas pontas e com algarismos comuns.",
    ),
    "typed_secret": (
        "o texto em {path} parece uma chave ou senha: o fluxo é exportado e visto por muitos.",
        "Troque a chave no provedor, guarde a nova nos segredos, e use {{{{ secret.nome }}}}.",
    ),
    "wrong_type": (
        "o que está em {path} nunca funciona com os tipos declarados: {why}.",
        "Corrija a conta ou o filtro, ou declare a variável com outro tipo.",
    ),
    "not_a_list": (
        "«{name}» em {path} é do tipo {kind_of}, não uma lista.",
        "Use uma lista, ou declare a variável como list.",
    ),
    "cannot_store": (
        "a resposta não cabe em «{name}», que é do tipo {type}.",
        "Declare a variável com outro tipo, ou guarde em outra.",
    ),
    "expires_first": (
        "espera {length}, mas o fluxo expira depois de {expires}: o que vem depois nunca é"
        " alcançado.",
        "Encurte a espera, ou aumente settings.expires.",
    ),
    "never_holds": (
        "a condição «{name}» nunca vale: as partes dela se contradizem.",
        "Corrija os limites dela, ou apague-a.",
    ),
    "wrong_comparison": (
        "«{name}» é do tipo {type}: o operador {op} nunca vale para ele.",
        "Use um operador que combine com {type}, ou declare a variável com outro tipo.",
    ),
    "ambiguous_choice": (
        "«{name}» também é um nome de «{other}»: quem escrever isso pode não ser entendido.",
        "Deixe a palavra só em uma das duas opções.",
    ),
    "tool_without_flow": (
        "a ferramenta «{name}» não diz que fluxo ela roda: a IA não a vê.",
        "Ponha em flow a chave de um fluxo, ou apague a ferramenta.",
    ),
    "tool_name_taken": (
        "o nome «{name}» já é de outra ferramenta, ou do que toda IA pode dizer ao passo.",
        "Dê à ferramenta um nome só dela, que não seja outcome, handoff, confidence, extract "
        "nem unsure.",
    ),
    "tool_waits": (
        "a ferramenta «{name}» espera por uma pessoa ({way}): a IA não sabe disso, e a "
        "resposta não seria para ela.",
        "Deixe a IA perguntar (dialogue) e passe a resposta como argumento, ou ponha a "
        "pergunta depois deste passo.",
    ),
    "tool_parameters": (
        "os parâmetros da ferramenta «{name}» não são o JSON Schema de um objeto.",
        'Escreva {{"type": "object", "properties": {{…}}}}, ou apague parameters: valem as '
        "entradas do fluxo.",
    ),
    "argument_type": (
        "o argumento «{name}» é dito como {said}, mas a entrada do fluxo «{flow}» é do tipo "
        "{type}.",
        "Use {wanted} em parameters, ou apague parameters: valem as entradas do fluxo.",
    ),
    "missing_argument": (
        "o fluxo «{flow}» exige a entrada «{name}», e a IA pode deixá-la de fora.",
        "Ponha-a em properties e em required de parameters.",
    ),
    "dead_else": (
        "o «senão» nunca acontece: um dos casos sempre vale.",
        "Apague «{name}», o último caso, e leve o senão para onde ele levava; ou corrija os "
        "limites.",
    ),
    "loop_goes_on": (
        "nenhum caminho volta de «item» a esta repetição: só o primeiro item é usado.",
        "Ligue o último passo de cada item de volta a este; para um item só, use o primeiro da "
        "lista sem repetição.",
    ),
}
