"""En español: caminos, ramas, tiempo, tipos, costos y herramientas."""

PATHS: dict[str, tuple[str, str]] = {
    "unset_read": (
        "«{name}» puede llegar aquí sin valor: hay un camino que no lo llena.",
        "Llénelo en todos los caminos, dele un valor por defecto, o pregunte en el texto:"
        " {{% if {name} %}}.",
    ),
    "text_outside_window": (
        "por algún camino, este texto libre sale más de 24 horas después del último mensaje del"
        " cliente: WhatsApp lo rechaza.",
        "Mande antes una plantilla, acorte el plazo (hasta 23 h), o conecte la salida «failed».",
    ),
    "call_outside_window": (
        "por algún camino, el flujo «{flow}» habla más de 24 horas después del último mensaje del"
        " cliente: WhatsApp lo rechaza.",
        "Mande antes una plantilla, o acorte el plazo (hasta 23 h).",
    ),
    "start_without_purpose": (
        "el flujo comienza por sí mismo sin decir para qué: nadie sabe si el cliente consintió.",
        "Diga purpose aquí o en la configuración del flujo (utility, marketing o una suya).",
    ),
    "shadowed_branch": (
        "«{name}» nunca ocurre: «{other}», que viene antes, se queda con todos sus casos.",
        "Cambie el orden, estreche la condición anterior, o borre esta.",
    ),
    "reserved_choice": (
        "el id «{name}» se usa para mostrar más filas: la opción nunca podría elegirse.",
        "Dé otro id a la opción.",
    ),
    "dead_choice": (
        "la opción «{name}» no puede elegirse aquí: ningún camino la ofrece al final.",
        "Diga en of el paso que la ofrece, y pase antes por él, o borre la conexión.",
    ),
    "ai_loop": (
        "la IA puede llamarse una y otra vez sin que el cliente diga nada ({way}): el costo no"
        " tiene fin.",
        "Ponga en ese camino una pregunta, o una repetición con límite.",
    ),
    "pattern_matches_nothing": (
        "ningún mensaje coincide con el patrón «{name}».",
        "Revise ^, $ y \\b: el texto llega sin espacios en los extremos y con cifras comunes.",
    ),
    "typed_secret": (
        "el texto en {path} parece una clave o contraseña: el flujo se exporta y lo ven muchos.",
        "Cambie la clave en el proveedor, guarde la nueva en los secretos, y use"
        " {{{{ secret.nombre }}}}.",
    ),
    "wrong_type": (
        "lo que está en {path} nunca funciona con los tipos declarados: {why}.",
        "Corrija la cuenta o el filtro, o declare la variable con otro tipo.",
    ),
    "not_a_list": (
        "«{name}» en {path} es de tipo {kind_of}, no una lista.",
        "Use una lista, o declare la variable como list.",
    ),
    "cannot_store": (
        "la respuesta no cabe en «{name}», que es de tipo {type}.",
        "Declare la variable con otro tipo, o guárdela en otra.",
    ),
    "expires_first": (
        "espera {length}, pero el flujo expira después de {expires}: lo que viene después nunca"
        " se alcanza.",
        "Acorte la espera, o aumente settings.expires.",
    ),
    "never_holds": (
        "la condición «{name}» nunca se cumple: sus partes se contradicen.",
        "Corrija sus límites, o bórrela.",
    ),
    "wrong_comparison": (
        "«{name}» es de tipo {type}: el operador {op} nunca se cumple con él.",
        "Use un operador que vaya con {type}, o declare la variable con otro tipo.",
    ),
    "ambiguous_choice": (
        "«{name}» también es un nombre de «{other}»: quien lo escriba puede no ser entendido.",
        "Deje la palabra solo en una de las dos opciones.",
    ),
    "tool_without_flow": (
        "la herramienta «{name}» no dice qué flujo ejecuta: la IA no la ve.",
        "Ponga en flow la clave de un flujo, o borre la herramienta.",
    ),
    "tool_name_taken": (
        "el nombre «{name}» ya es de otra herramienta, o de lo que toda IA puede decirle al paso.",
        "Dele a la herramienta un nombre propio, que no sea outcome, handoff, confidence, "
        "extract ni unsure.",
    ),
    "tool_waits": (
        "la herramienta «{name}» espera a una persona ({way}): la IA no lo sabe, y la "
        "respuesta no sería para ella.",
        "Deje que la IA pregunte (dialogue) y pase la respuesta como argumento, o ponga la "
        "pregunta después de este paso.",
    ),
    "tool_parameters": (
        "los parámetros de la herramienta «{name}» no son el JSON Schema de un objeto.",
        'Escriba {{"type": "object", "properties": {{…}}}}, o borre parameters: valen las '
        "entradas del flujo.",
    ),
    "argument_type": (
        "el argumento «{name}» se dice como {said}, pero la entrada del flujo «{flow}» es del "
        "tipo {type}.",
        "Use {wanted} en parameters, o borre parameters: valen las entradas del flujo.",
    ),
    "missing_argument": (
        "el flujo «{flow}» exige la entrada «{name}», y la IA puede omitirla.",
        "Póngala en properties y en required de parameters.",
    ),
    "dead_else": (
        "el «si no» nunca ocurre: uno de los casos siempre vale.",
        "Borre «{name}», el último caso, y lleve el si no adonde llevaba; o corrija los límites.",
    ),
    "loop_goes_on": (
        "ningún camino vuelve de «item» a esta repetición: solo se usa el primer elemento.",
        "Conecte el último paso de cada elemento de vuelta a este; para uno solo, use el "
        "primero de la lista sin repetición.",
    ),
}
