"""En español."""

from flowengine.check.words.es_paths import PATHS

AT = "«{node}»: "

NEAR = "¿Quiso decir «{}»?"

KINDS = {
    "queue": "la cola",
    "schedule": "el horario",
    "template": "la plantilla de mensaje",
    "field": "el campo de contacto",
    "tag": "la etiqueta",
    "constant": "la constante",
    "secret": "el secreto",
    "profile": "el perfil de IA",
    "knowledge": "la base de conocimiento",
    "flow": "el flujo",
    "purpose": "la finalidad",
}

SENTENCES: dict[str, tuple[str, str]] = {
    "duplicate_id": ("otro paso ya tiene este id.", "Dé a uno de los dos un id propio."),
    "unknown_node": ("el paso «{name}» no existe.", "{near} Apunte {path} a un paso del flujo."),
    "unknown_exit": (
        "este paso no tiene la salida «{name}».",
        "{near} Conecte desde una salida que el paso tenga.",
    ),
    "duplicate_edge": (
        "la salida «{exit}» tiene más de una conexión.",
        "Deje una sola: una salida lleva a un único paso.",
    ),
    "missing_edge": (
        "la salida «{exit}» ({label}) no lleva a ninguna parte.",
        "Conéctela con el paso siguiente, o con un final.",
    ),
    "missing_choice_edge": (
        "la salida «{exit}» ({label}) no lleva a ninguna parte.",
        "Conéctela, o conecte «{other}», que vale por todas las que quedan sueltas.",
    ),
    "unknown_start": ("el comienzo «{name}» no existe.", "{near} Ponga en start el id de un paso."),
    "no_beginning": (
        "el flujo no tiene disparador ni comienzo: nada lo inicia.",
        "Agregue un disparador, o ponga en start el id del primer paso.",
    ),
    "unreachable": (
        "ningún camino llega a este paso.",
        "Conecte una salida con él, o bórrelo.",
    ),
    "timeout_without_edge": (
        "hay un plazo, pero la salida «timeout» está suelta: no se pondrá ningún reloj.",
        "Conecte la salida «timeout», o quite el plazo.",
    ),
    "edge_without_timeout": (
        "la salida «timeout» está conectada, pero no hay plazo: nunca se usará.",
        "Dé un plazo en timeout (por ejemplo PT2H), o quite la conexión.",
    ),
    "endless_cycle": (
        "el camino {way} da vueltas sin esperar nunca al cliente.",
        "Ponga en él un paso que espere (pregunta, espera, intervalo) o una repetición.",
    ),
    "call_cycle": (
        "los flujos se llaman unos a otros en círculo: {way}.",
        'Convierta una de las llamadas en un salto ("return": false).',
    ),
    "calls_too_deep": (
        "los flujos se llaman demasiado hondo: {way}; {limit} uno dentro de otro como máximo.",
        'Una algunos de ellos, o haga de una llamada un salto ("return": false).',
    ),
    "not_known_here": (
        "aquí no se sabe si existe {kind} «{name}».",
        "Compruebe con el workspace.json de su espacio de trabajo (--workspace).",
    ),
    "unknown_queue": ("la cola «{name}» no existe.", "{near} Créela o elija otra."),
    "unknown_schedule": ("el horario «{name}» no existe.", "{near} Créelo o elija otro."),
    "unknown_template": (
        "la plantilla de mensaje «{name}» no existe.",
        "{near} Regístrela o elija otra.",
    ),
    "unknown_template_language": (
        "la plantilla «{name}» no existe en el idioma «{language}».",
        "{near} Use un idioma en que fue aprobada.",
    ),
    "unknown_field": ("el campo de contacto «{name}» no existe.", "{near} Créelo o use otro."),
    "unknown_tag": ("la etiqueta «{name}» no existe.", "{near} Créela o use otra."),
    "unknown_constant": ("la constante «{name}» no existe.", "{near} Créela o use otra."),
    "unknown_secret": ("el secreto «{name}» no existe.", "{near} Regístrelo o use otro."),
    "unknown_profile": ("el perfil de IA «{name}» no existe.", "{near} Regístrelo o elija otro."),
    "unknown_knowledge": (
        "la base de conocimiento «{name}» no existe.",
        "{near} Regístrela o elija otra.",
    ),
    "unknown_purpose": (
        "la finalidad «{name}» no existe.",
        "{near} Use utility, marketing o una finalidad del espacio de trabajo.",
    ),
    "unknown_flow": ("el flujo «{name}» no existe.", "{near} Créelo o llame a otro."),
    "template_params": (
        "la plantilla «{name}» pide otros parámetros: {wanted}.",
        "Complete exactamente esos.",
    ),
    "template_buttons": (
        "la plantilla «{name}» solo tiene {wanted} botones de respuesta.",
        "Quite los que sobran.",
    ),
    "template_header": (
        "el encabezado no corresponde al de la plantilla «{name}».",
        "Envíe un archivo en el encabezado si, y solo si, la plantilla lo tiene.",
    ),
    "call_without_start": (
        "el flujo «{flow}» no dice por dónde empieza cuando lo llaman.",
        "Ponga en su start el id del primer paso.",
    ),
    "unknown_input": (
        "el flujo «{flow}» no tiene la entrada «{name}».",
        "{near} Declárela en los inputs de ese flujo, o quítela de aquí.",
    ),
    "missing_input": ("el flujo «{flow}» exige la entrada «{name}».", "Dele un valor en with."),
    "unknown_output": (
        "el flujo «{flow}» no tiene la salida de datos «{name}».",
        "{near} Declárela en los outputs de ese flujo, o guarde otra.",
    ),
    "unknown_outcome": (
        "el flujo «{flow}» nunca termina con el desenlace «{name}».",
        "{near} Conecte un desenlace que dé un final de ese flujo.",
    ),
    "undeclared_name": (
        "la variable «{name}» no está declarada.",
        "{near} Declárela en variables, o use una que exista.",
    ),
    "undeclared_output": (
        "la salida de datos «{name}» no está declarada.",
        "{near} Declárela en los outputs del flujo.",
    ),
    "not_settable": (
        "«{name}» no puede recibir un valor.",
        "{near} Use una variable, contact.name, contact.language o contact.fields.NOMBRE.",
    ),
    "reserved_name": (
        "el nombre «{name}» está reservado y no sirve para una variable.",
        "Elija otro nombre.",
    ),
    "duplicate_name": ("el nombre «{name}» está declarado dos veces.", "Deje una declaración."),
    "unknown_name": (
        "el nombre «{name}», leído en {path}, no existe.",
        "{near} Declare la variable, o corrija el nombre.",
    ),
    "secret_in_text": (
        "«{name}» aparecería en un texto: los secretos solo van en llamadas HTTP.",
        "Quite el secreto de aquí.",
    ),
    "template_invalid": (
        "el texto en {path} no se puede armar (línea {line}, columna {column}): {why}.",
        "{mend}.",
    ),
    "expression_invalid": (
        "la expresión en {path} no se puede calcular (línea {line}, columna {column}): {why}.",
        "{mend}.",
    ),
    "pattern_invalid": (
        "el patrón en {path} no es válido (línea {line}, columna {column}): {why}.",
        "{mend}.",
    ),
    "condition_invalid": (
        "la condición en {path} no es válida (línea {line}, columna {column}): {why}.",
        "{mend}.",
    ),
    "no_contents": ("no hay nada que decir.", "Agregue un contenido, o borre el paso."),
    "interactive_not_last": (
        "solo el último contenido puede tener botones, lista o formulario.",
        "Lleve {path} al final, o a otro paso.",
    ),
    "empty_text": ("falta texto en {path}.", "Escriba el texto."),
    "too_long": (
        "el texto en {path} tiene {length} caracteres; WhatsApp acepta {limit}.",
        "Acorte el texto.",
    ),
    "too_long_at_least": (
        "el texto en {path} tiene al menos {length} caracteres; WhatsApp acepta {limit}.",
        "Acorte la parte fija del texto.",
    ),
    "media_source": (
        "el archivo en {path} necesita asset o url: uno de los dos, y solo uno.",
        "Complete asset o url.",
    ),
    "unknown_file": (
        "el archivo «{name}» no está en este espacio.",
        "Súbalo o elija otro.",
    ),
    "no_address": (
        "la dirección «{name}» no es una dirección de internet.",
        "Escríbala entera: https://, el nombre del servidor y la ruta.",
    ),
    "media_asset": (
        "«{name}» no es un archivo nuestro.",
        "Use la forma sha256:…, que aparece al subir el archivo.",
    ),
    "two_headers": ("hay archivo y título en el mismo encabezado.", "Quédese con uno."),
    "no_choices_here": ("en {path} no hay ninguna opción.", "Agregue al menos una."),
    "too_many_buttons": (
        "hay {count} botones; WhatsApp muestra {limit} como máximo.",
        "Quite botones, o use una lista.",
    ),
    "too_many_rows": (
        "la lista tiene {count} filas; WhatsApp muestra {limit} como máximo.",
        "Quite filas, o haga dos menús.",
    ),
    "too_many_sections": (
        "la lista tiene {count} secciones; WhatsApp muestra {limit} como máximo.",
        "Junte secciones.",
    ),
    "rows_and_sections": (
        "la lista tiene filas sueltas y secciones.",
        "Ponga todas las filas en secciones.",
    ),
    "bad_choice_id": (
        "el id de opción «{name}» no sirve.",
        "Use hasta 64 letras minúsculas, cifras, _ o -.",
    ),
    "repeated_choice": ("dos opciones tienen el id «{name}».", "Dé a cada una un id propio."),
    "repeated_title": ("dos opciones se llaman «{name}».", "Dé a cada una un título propio."),
    "opt_out_word": (
        "«{name}» es palabra de baja: quien la escribe deja de recibir mensajes.",
        "Cambie la palabra.",
    ),
    "no_words": (
        "el disparador no tiene palabras.",
        "Agregue las palabras que diría el cliente.",
    ),
    "bad_cron": (
        "«{name}» no es un horario de cron: {why}.",
        "Escriba cinco campos, por ejemplo «0 9 * * 1-5» (días hábiles a las 9).",
    ),
    "keyword_conflict": (
        "«{name}» también lo responde {flow}/{other}; va primero {first}, después {second}.",
        "Cambie la palabra, limite los canales o dé prioridades distintas.",
    ),
    "bad_timezone": ("la zona horaria «{name}» no existe.", "Escriba una como America/Sao_Paulo."),
    "bad_resume": (
        "resume dice «{name}», que no es un paso.",
        "{near} Use reprompt, end o el id de un paso.",
    ),
    "nobody": (
        "no está dicho quién recibe la conversación en {path}.",
        "Diga una cola, un agente o el responsable del contacto: uno solo.",
    ),
    "translates_nothing": (
        "la traducción «{language}» de {name} no corresponde a ningún texto.",
        "Corrija el camino, o quítela.",
    ),
    "missing_translation": (
        "falta la traducción «{language}» de {count} de {total} textos, empezando por «{text}».",
        "Tradúzcalos en translations, o exporte con flowengine translations export; "
        "hasta entonces el cliente lee en {own}.",
    ),
    "unfit_translation": (
        "la traducción «{language}» de {name} cambia más que palabras.",
        "Traduzca solo textos que el cliente lee: "
        "ids, expresiones y reglas son los mismos en toda lengua.",
    ),
    "translation_of_own": (
        "la traducción «{language}» es de la lengua del propio flujo: nada la lee "
        "(pasos: {count}).",
        "Lleve sus textos a los propios pasos, o quite la traducción.",
    ),
    "translation_names": (
        "la traducción «{language}» de «{text}» no muestra {names}.",
        "Muestre en la traducción los mismos valores que el texto original.",
    ),
    "bad_duration": ("la duración «{name}» no sirve: {why}.", "{mend}."),
    "repeated_id": ("el id «{name}» está dos veces en este paso.", "Dé a cada uno su id."),
    "no_choices": (
        "espera una elección, pero no ofrece ninguna.",
        "Ofrezca botones o una lista, o espere otro tipo de respuesta.",
    ),
    "no_choices_before": (
        "espera una elección, pero ningún paso anterior ofrece opciones.",
        "Diga en of el paso que ofrece, o espere otro tipo de respuesta.",
    ),
    "of_without_choices": (
        "el paso «{name}», dicho en of, no ofrece opciones.",
        "Diga un paso con botones o lista.",
    ),
    "waits_for_nothing": (
        "no acepta respuesta ni evento, ni tiene plazo: nunca termina.",
        "Dele expect, events o timeout.",
    ),
    "no_cases": ("la condición no tiene ningún caso.", "Agregue uno, o borre el paso."),
    "no_weight": ("ninguna variante tiene peso mayor que cero.", "Dé peso a alguna."),
    "no_tags": ("no hay etiqueta que poner ni quitar.", "Complete add o remove."),
    "for_or_until": (
        "el intervalo en {path} debe decir cuánto o hasta cuándo: uno de los dos, y solo uno.",
        "Complete for o until (con expr u open).",
    ),
    "no_status": ("la salida no tiene ningún código de respuesta.", "Liste los códigos en status."),
    "bad_status": (
        "el código {name} está repetido o no es un código HTTP.",
        "Use códigos de 100 a 599, cada uno en una sola salida.",
    ),
    "endless_dialogue": (
        "el diálogo de IA no tiene salida.",
        "Dele outcomes, o conecte handoff, unsure, timeout o limit.",
    ),
    **PATHS,
}
