"""In English: paths, branches, time, types, costs and tools."""

PATHS: dict[str, tuple[str, str]] = {
    "unset_read": (
        "«{name}» may get here without a value: there is a path that does not set it.",
        "Set it on every path, give it a default, or ask in the text: {{% if {name} %}}.",
    ),
    "text_outside_window": (
        "on some path this free text leaves more than 24 hours after the customer's last message:"
        " WhatsApp refuses it.",
        "Send a template first, shorten the wait (23 h at most), or join the exit «failed».",
    ),
    "call_outside_window": (
        "on some path the flow «{flow}» speaks more than 24 hours after the customer's last"
        " message: WhatsApp refuses it.",
        "Send a message template first, or shorten the wait (23 h at most).",
    ),
    "start_without_purpose": (
        "the flow begins by itself without saying what for: nobody knows if the customer agreed.",
        "Say the purpose here or in the flow's settings (utility, marketing or one of yours).",
    ),
    "shadowed_branch": (
        "«{name}» never happens: «{other}», which comes before it, takes all of its cases.",
        "Change the order, narrow the earlier condition, or delete this one.",
    ),
    "reserved_choice": (
        "the id «{name}» shows more rows: this choice could never be chosen.",
        "Give the choice another id.",
    ),
    "dead_choice": (
        "the choice «{name}» cannot be chosen here: no path offers it last.",
        "Name in of the node that offers it, and pass it before, or delete the edge.",
    ),
    "ai_loop": (
        "the AI can be asked again and again while the customer says nothing ({way}): the cost has"
        " no end.",
        "Put a question on this path, or a loop with a limit.",
    ),
    "pattern_matches_nothing": (
        "no message matches the pattern «{name}».",
        "Look at ^, $ and \\b: texts come without spaces at their ends, with ordinary digits.",
    ),
    "typed_secret": (
        "the text at {path} looks like a key or password: flows are exported, and seen by many.",
        "Change the key at its provider, keep the new one in the secrets, and use"
        " {{{{ secret.name }}}}.",
    ),
    "wrong_type": (
        "what stands at {path} never works with the declared types: {why}.",
        "Mend the expression or filter, or declare the variable with another type.",
    ),
    "not_a_list": (
        "«{name}» at {path} is of type {kind_of}, not a list.",
        "Use a list, or declare the variable as list.",
    ),
    "cannot_store": (
        "the answer does not fit into «{name}», which is of type {type}.",
        "Declare the variable with another type, or store it in another.",
    ),
    "expires_first": (
        "it waits {length}, but the flow expires after {expires}: what comes after is never"
        " reached.",
        "Shorten the wait, or lengthen settings.expires.",
    ),
    "never_holds": (
        "the condition «{name}» never holds: its parts contradict each other.",
        "Mend its limits, or delete it.",
    ),
    "wrong_comparison": (
        "«{name}» is of type {type}: the operator {op} never holds of it.",
        "Use an operator that goes with {type}, or declare the variable with another type.",
    ),
    "ambiguous_choice": (
        "«{name}» is a name of «{other}» too: whoever writes it may not be understood.",
        "Leave the word to one of the two choices.",
    ),
    "tool_without_flow": (
        "the tool «{name}» does not say which flow it runs: the model does not see it.",
        "Put a flow's key into its flow, or delete the tool.",
    ),
    "tool_name_taken": (
        "the name «{name}» is another tool's, or what every model may tell the node.",
        "Give the tool a name of its own, not outcome, handoff, confidence, extract or unsure.",
    ),
    "tool_waits": (
        "the tool «{name}» waits for a person ({way}): the model does not know, and the answer "
        "would not be for it.",
        "Let the model ask (dialogue) and pass the answer as an argument, or put the question "
        "behind this node.",
    ),
    "tool_parameters": (
        "the parameters of the tool «{name}» are no JSON Schema of an object.",
        'Write {{"type": "object", "properties": {{…}}}}, or delete parameters: the flow\'s '
        "inputs are told then.",
    ),
    "argument_type": (
        "the argument «{name}» is told as {said}, but the input of the flow «{flow}» is of the "
        "type {type}.",
        "Use {wanted} in parameters, or delete parameters: the flow's inputs are told then.",
    ),
    "missing_argument": (
        "the flow «{flow}» requires the input «{name}», and the model may leave it out.",
        "Put it into properties and required of parameters.",
    ),
    "dead_else": (
        "the «else» never comes: one of the cases always holds.",
        "Delete «{name}», the last case, and let else lead where it led; or mend the bounds.",
    ),
    "loop_goes_on": (
        "no path leads from «item» back to this loop: only the first item is used.",
        "Join the last node of each item back to this one; for one item, take the list's first "
        "without a loop.",
    ),
}
