"""What is wrong with steps, exits, names and texts, in a designer's words."""

from web.texts import _

DRAWING: dict[str, tuple[str, str]] = {
    "duplicate_id": (
        _("Dois passos têm o mesmo código interno: só o primeiro vale."),
        _("Isto só vem de um arquivo importado: corrija-o e importe de novo."),
    ),
    "unknown_node": (
        _("A saída «{exit}» leva a um passo que não existe mais."),
        _("{near} Ligue-a a outro passo."),
    ),
    "unknown_node/from": (
        _("Há uma ligação que sai de um passo que não existe mais."),
        _("Apague essa ligação."),
    ),
    "unknown_node/of": (
        _("Esta espera lê a resposta de um passo que não existe mais."),
        _("{near} Ponha antes dela um passo com botões ou lista."),
    ),
    "unknown_node/translations": (
        _("Há traduções de um passo que não existe mais."),
        _("Isto só vem de um arquivo importado: tire-as dele e importe de novo."),
    ),
    "unknown_exit": (
        _("Há uma ligação de uma saída que este passo não tem mais («{exit}»)."),
        _("Apague essa ligação e puxe outra de uma saída do passo."),
    ),
    "duplicate_edge": (
        _("A saída «{exit}» leva a mais de um passo."),
        _("Deixe uma ligação só: cada saída leva a um único passo."),
    ),
    "missing_edge": (
        _("A saída «{exit}» não leva a lugar nenhum."),
        _("Ligue-a ao próximo passo, ou a um passo de fim."),
    ),
    "missing_choice_edge": (
        _("A saída «{exit}» não leva a lugar nenhum."),
        _("Ligue-a, ou ligue «{other}», que vale para todas as que ficarem soltas."),
    ),
    "unknown_start": (
        _("O passo por onde o fluxo começa quando outro o chama não existe mais."),
        _("{near} Isto só vem de um arquivo importado: corrija o começo nele e importe de novo."),
    ),
    "no_beginning": (
        _("Nada começa este fluxo: falta um gatilho."),
        _("Acrescente um gatilho e ligue-o ao primeiro passo."),
    ),
    "timeout_without_edge": (
        _("Há um prazo, mas a saída «{exit}» está solta: nada acontece quando ele acaba."),
        _("Ligue essa saída, ou tire o prazo."),
    ),
    "edge_without_timeout": (
        _("A saída «{exit}» está ligada, mas não há prazo: ela nunca será usada."),
        _("Dê um prazo no formulário do passo, por exemplo {example}, ou apague a ligação."),
    ),
    "unreachable": (
        _("Nenhum caminho chega a este passo."),
        _("Ligue uma saída a ele, ou apague-o."),
    ),
    "endless_cycle": (
        _("O caminho {way} dá voltas sem nunca esperar pelo cliente."),
        _("Ponha nele uma pergunta, uma espera, um intervalo ou uma repetição."),
    ),
    "no_contents": (
        _("Não há nada para dizer."),
        _("Acrescente um conteúdo, ou apague o passo."),
    ),
    "no_cases": (
        _("A condição não tem nenhum caminho."),
        _("Acrescente um caminho, ou apague o passo."),
    ),
    "no_weight": (
        _("Nenhum caminho tem peso maior que zero."),
        _("Dê peso a pelo menos um deles."),
    ),
    "dead_else": (
        _("O «{exit}» nunca acontece: um dos caminhos sempre vale."),
        _(
            "Apague «{name}», o último caminho, e leve «{exit}» para onde ele levava; ou "
            "corrija os limites."
        ),
    ),
    "call_cycle": (
        _("Os fluxos chamam uns aos outros em círculo: {way}."),
        _("Em uma das chamadas, desmarque «{back}»."),
    ),
    "calls_too_deep": (
        _("Os fluxos se chamam fundo demais: {way}; no máximo {limit} um dentro do outro."),
        _("Junte alguns deles, ou desmarque «{back}» em uma das chamadas."),
    ),
    "not_known_here": (
        _("Não dá para saber daqui se {kind} «{name}» existe."),
        _("Confira nas configurações do espaço."),
    ),
    "unknown_purpose": (
        _("A finalidade «{name}» não existe."),
        _("{near} Escolha utilidade, marketing ou uma finalidade do espaço."),
    ),
    "template_params": (
        _("O modelo «{name}» pede outros valores: {wanted}."),
        _("Escolha o modelo de novo no formulário e preencha cada valor."),
    ),
    "template_buttons": (
        _("Este passo tem mais botões de resposta do que o modelo «{name}», que tem {wanted}."),
        _("Tire os botões que sobram."),
    ),
    "call_without_start": (
        _("O fluxo «{flow}» não diz por onde começa quando é chamado."),
        _("Naquele fluxo, ligue todos os gatilhos ao mesmo primeiro passo."),
    ),
    "unknown_input": (
        _("O fluxo «{flow}» não recebe nenhum dado chamado «{name}»."),
        _("{near} Tire-o daqui, ou use um dos dados que aquele fluxo recebe."),
    ),
    "missing_input": (
        _("O fluxo «{flow}» precisa receber «{name}»."),
        _("Acrescente-o em «{given}»."),
    ),
    "unknown_output": (
        _("O fluxo «{flow}» não devolve nenhum dado chamado «{name}»."),
        _("{near} Guarde outro, ou faça aquele fluxo devolvê-lo no passo de fim."),
    ),
    "unknown_outcome": (
        _("O fluxo «{flow}» nunca termina com o resultado «{name}»."),
        _("{near} Ligue um resultado que um passo de fim daquele fluxo dê."),
    ),
    "undeclared_name": (
        _("O dado «{name}» não existe neste fluxo."),
        _("{near} Escreva o nome de novo em {place}: o dado passa a existir."),
    ),
    "undeclared_output": (
        _("Este fluxo não diz que devolve «{name}»."),
        _("{near} Tire-o de {place}, ou declare-o no arquivo do fluxo e importe de novo."),
    ),
    "not_settable": (
        _("«{name}» não pode receber um valor."),
        _("{near} Guarde num dado deste fluxo, ou no nome, no idioma ou num campo do contato."),
    ),
    "reserved_name": (
        _("O nome «{name}» já é de outra coisa e não serve para um dado do fluxo."),
        _("Escolha outro nome."),
    ),
    "duplicate_name": (
        _("Dois dados do fluxo se chamam «{name}»."),
        _("Isto só vem de um arquivo importado: deixe um só e importe de novo."),
    ),
    "unknown_name": (
        _("O dado «{name}», usado em {place}, não existe."),
        _("{near} Escolha outro na lista de dados, ou guarde-o antes em algum passo."),
    ),
    "secret_in_text": (
        _("O segredo «{name}» apareceria em um texto."),
        _("Tire-o de {place}: segredos só entram em consultas HTTP."),
    ),
    "template_invalid": (
        _(
            "Em {place} há um valor escrito de um jeito que não se entende (linha {line}, "
            "posição {column})."
        ),
        _("Apague-o e escolha o valor de novo na lista de dados."),
    ),
    "expression_invalid": (
        _("A conta em {place} não se entende (linha {line}, posição {column})."),
        _("Confira parênteses, aspas e sinais; textos vão entre aspas."),
    ),
    "invalid/unknown": (
        _("Em {place} se usa «{what}», que não existe."),
        _("{near} Apague-o e escolha o valor de novo na lista de dados."),
    ),
    "invalid/too_much": (
        _("O que está em {place} é complicado demais para ser calculado."),
        _("Divida-o em dois passos."),
    ),
    "pattern_invalid": (
        _("O formato (expressão) em {place} não é válido (posição {column})."),
        _("Confira parênteses e colchetes; antes de um sinal comum, ponha uma barra invertida."),
    ),
    "condition_invalid": (
        _("A condição em {place} está incompleta ou não se entende."),
        _("Escolha de novo o que se compara, como e com quê."),
    ),
    "interactive_not_last": (
        _("Só o último conteúdo da mensagem pode ter botões, lista ou formulário."),
        _("Leve {place} para o fim, ou para outro passo."),
    ),
    "empty_text": (
        _("Falta texto em {place}."),
        _("Escreva o texto."),
    ),
    "too_long": (
        _("O texto em {place} tem {length} caracteres; o WhatsApp aceita {limit}."),
        _("Encurte o texto."),
    ),
    "too_long_at_least": (
        _("O texto em {place} tem pelo menos {length} caracteres; o WhatsApp aceita {limit}."),
        _("Encurte o texto ao redor dos dados."),
    ),
    "media_source": (
        _("Em {place} falta o arquivo, ou há um arquivo e um endereço ao mesmo tempo."),
        _("Escolha um arquivo ou escreva um endereço: só um dos dois."),
    ),
    "no_address": (
        _("Falta o endereço em {place}, ou ele não está inteiro."),
        _("Escreva-o inteiro: https://, o nome do servidor e o caminho."),
    ),
    "media_asset": (
        _("O arquivo de {place} não está neste espaço."),
        _("Envie o arquivo de novo, ou escolha outro da lista."),
    ),
    "unknown_file": (
        _("O arquivo de {place} não está neste espaço."),
        _("Envie o arquivo de novo, ou escolha outro da lista."),
    ),
    "no_choices_here": (
        _("Em {place} não há nenhuma opção."),
        _("Acrescente ao menos uma opção."),
    ),
    "bad_choice_id": (
        _("O código da opção «{name}» não serve."),
        _("Apague a opção e acrescente-a de novo: ela ganha outro código."),
    ),
    "repeated_choice": (
        _("Duas opções têm o mesmo código («{name}»): não dá para saber qual foi tocada."),
        _("Apague uma delas e acrescente-a de novo."),
    ),
}
