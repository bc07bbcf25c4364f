"""In English."""

from flowengine.check.words.en_paths import PATHS

AT = "«{node}»: "

NEAR = "Did you mean «{}»?"

KINDS = {
    "queue": "the queue",
    "schedule": "the schedule",
    "template": "the message template",
    "field": "the contact field",
    "tag": "the tag",
    "constant": "the constant",
    "secret": "the secret",
    "profile": "the AI profile",
    "knowledge": "the knowledge base",
    "flow": "the flow",
    "purpose": "the purpose",
}

SENTENCES: dict[str, tuple[str, str]] = {
    "duplicate_id": ("another node has this id already.", "Give one of them an id of its own."),
    "unknown_node": (
        "the node «{name}» does not exist.",
        "{near} Point {path} at a node of the flow.",
    ),
    "unknown_exit": ("this node has no exit «{name}».", "{near} Join from an exit that it has."),
    "duplicate_edge": (
        "the exit «{exit}» has more than one edge.",
        "Keep one: an exit leads to a single node.",
    ),
    "missing_edge": (
        "the exit «{exit}» ({label}) leads nowhere.",
        "Join this exit to the next node, or to an end.",
    ),
    "missing_choice_edge": (
        "the exit «{exit}» ({label}) leads nowhere.",
        "Join this exit, or join «{other}», which stands for all that have no edge.",
    ),
    "unknown_start": ("the start «{name}» does not exist.", "{near} Put a node's id into start."),
    "no_beginning": (
        "the flow has neither a trigger nor a start: nothing begins it.",
        "Add a trigger, or put the first node's id into start.",
    ),
    "unreachable": ("no path leads to this node.", "Join an exit to it, or delete it."),
    "timeout_without_edge": (
        "there is a timeout, but the exit «timeout» has no edge: no timer will be set.",
        "Join the exit «timeout», or take the timeout out.",
    ),
    "edge_without_timeout": (
        "the exit «timeout» has an edge, but there is no timeout: it is never taken.",
        "Set a timeout (such as PT2H), or take the edge out.",
    ),
    "endless_cycle": (
        "the path {way} goes round without ever waiting for the customer.",
        "Put a node that waits (ask, wait, delay) or a loop on it.",
    ),
    "call_cycle": (
        "the flows call each other in a circle: {way}.",
        'Make one of the calls a jump ("return": false).',
    ),
    "calls_too_deep": (
        "the flows call each other too deep: {way}; {limit} inside each other at most.",
        'Join some of them, or make one of the calls a jump ("return": false).',
    ),
    "not_known_here": (
        "{kind} «{name}» is not known here.",
        "Check with the workspace.json of your workspace (--workspace).",
    ),
    "unknown_queue": ("the queue «{name}» does not exist.", "{near} Make it, or choose another."),
    "unknown_schedule": (
        "the schedule «{name}» does not exist.",
        "{near} Make it, or choose another.",
    ),
    "unknown_template": (
        "the message template «{name}» does not exist.",
        "{near} Add it, or choose another.",
    ),
    "unknown_template_language": (
        "the message template «{name}» does not exist in «{language}».",
        "{near} Use a language in which it was approved.",
    ),
    "unknown_field": (
        "the contact field «{name}» does not exist.",
        "{near} Make it, or use another.",
    ),
    "unknown_tag": ("the tag «{name}» does not exist.", "{near} Make it, or use another."),
    "unknown_constant": (
        "the constant «{name}» does not exist.",
        "{near} Make it, or use another.",
    ),
    "unknown_secret": ("the secret «{name}» does not exist.", "{near} Add it, or use another."),
    "unknown_profile": (
        "the AI profile «{name}» does not exist.",
        "{near} Add it, or choose another.",
    ),
    "unknown_knowledge": (
        "the knowledge base «{name}» does not exist.",
        "{near} Add it, or choose another.",
    ),
    "unknown_purpose": (
        "the purpose «{name}» does not exist.",
        "{near} Use utility, marketing or a purpose of the workspace.",
    ),
    "unknown_flow": ("the flow «{name}» does not exist.", "{near} Make it, or call another."),
    "template_params": (
        "the template «{name}» wants other parameters: {wanted}.",
        "Fill in exactly these.",
    ),
    "template_buttons": (
        "the template «{name}» has only {wanted} quick replies.",
        "Take out those that are too many.",
    ),
    "template_header": (
        "the header does not go with that of the template «{name}».",
        "Send media in the header if, and only if, the template has some.",
    ),
    "call_without_start": (
        "the flow «{flow}» does not say where it begins when it is called.",
        "Put its first node's id into its start.",
    ),
    "unknown_input": (
        "the flow «{flow}» has no input «{name}».",
        "{near} Declare it in that flow's inputs, or take it out here.",
    ),
    "missing_input": ("the flow «{flow}» requires the input «{name}».", "Give it a value in with."),
    "unknown_output": (
        "the flow «{flow}» has no output «{name}».",
        "{near} Declare it in that flow's outputs, or save another.",
    ),
    "unknown_outcome": (
        "the flow «{flow}» never ends with the outcome «{name}».",
        "{near} Join an outcome that an end of that flow gives.",
    ),
    "undeclared_name": (
        "the variable «{name}» is not declared.",
        "{near} Declare it in variables, or use one that exists.",
    ),
    "undeclared_output": (
        "the output «{name}» is not declared.",
        "{near} Declare it in the flow's outputs.",
    ),
    "not_settable": (
        "«{name}» cannot be given a value.",
        "{near} Use a variable, contact.name, contact.language or contact.fields.NAME.",
    ),
    "reserved_name": (
        "the name «{name}» is reserved and cannot be a variable.",
        "Choose another name.",
    ),
    "duplicate_name": ("the name «{name}» is declared twice.", "Keep one declaration."),
    "unknown_name": (
        "the name «{name}», read at {path}, does not exist.",
        "{near} Declare the variable, or correct the name.",
    ),
    "secret_in_text": (
        "«{name}» would appear in a text: secrets belong only into HTTP calls.",
        "Take the secret out.",
    ),
    "template_invalid": (
        "the text at {path} does not compile (line {line}, column {column}): {why}.",
        "{mend}.",
    ),
    "expression_invalid": (
        "the expression at {path} does not compile (line {line}, column {column}): {why}.",
        "{mend}.",
    ),
    "pattern_invalid": (
        "the pattern at {path} is not valid (line {line}, column {column}): {why}.",
        "{mend}.",
    ),
    "condition_invalid": (
        "the condition at {path} is not valid (line {line}, column {column}): {why}.",
        "{mend}.",
    ),
    "no_contents": ("there is nothing to say.", "Add a content, or delete the node."),
    "interactive_not_last": (
        "only the last content may have buttons, a list or a form.",
        "Move {path} to the end, or to another node.",
    ),
    "empty_text": ("text is missing at {path}.", "Write the text."),
    "too_long": (
        "the text at {path} has {length} characters; WhatsApp takes {limit}.",
        "Shorten the text.",
    ),
    "too_long_at_least": (
        "the text at {path} has at least {length} characters; WhatsApp takes {limit}.",
        "Shorten the fixed part of the text.",
    ),
    "media_source": (
        "the media at {path} needs a file or an address: one of them, and only one.",
        "Fill in asset or url.",
    ),
    "unknown_file": (
        "the file «{name}» is not in this workspace.",
        "Upload it, or choose another.",
    ),
    "no_address": (
        "the address «{name}» is no address of the internet.",
        "Write all of it: https://, the name of the server and the path.",
    ),
    "media_asset": (
        "«{name}» is not a file of ours.",
        "Use the form sha256:…, which is shown when a file is uploaded.",
    ),
    "two_headers": ("there are media and a title in one header.", "Keep one of them."),
    "no_choices_here": ("there is no choice at {path}.", "Add at least one."),
    "too_many_buttons": (
        "there are {count} buttons; WhatsApp shows {limit} at most.",
        "Take some out, or use a list.",
    ),
    "too_many_rows": (
        "the list has {count} rows; WhatsApp shows {limit} at most.",
        "Take some out, or make two menus.",
    ),
    "too_many_sections": (
        "the list has {count} sections; WhatsApp shows {limit} at most.",
        "Join some of them.",
    ),
    "rows_and_sections": (
        "the list has rows outside of its sections.",
        "Put every row into a section.",
    ),
    "bad_choice_id": (
        "the choice id «{name}» cannot be used.",
        "Use up to 64 lower-case letters, digits, _ or -.",
    ),
    "repeated_choice": ("two choices have the id «{name}».", "Give each an id of its own."),
    "repeated_title": ("two choices are called «{name}».", "Give each a title of its own."),
    "opt_out_word": (
        "«{name}» is an opt-out word: whoever writes it gets no more messages.",
        "Use another word.",
    ),
    "no_words": ("the trigger has no words.", "Add the words that a customer would say."),
    "bad_cron": (
        "«{name}» is no cron time: {why}.",
        "Write five fields, such as «0 9 * * 1-5» (weekdays at 9).",
    ),
    "keyword_conflict": (
        "«{name}» is answered by {flow}/{other} too; {first} comes first, then {second}.",
        "Change the word, limit the channels, or give them different priorities.",
    ),
    "bad_timezone": (
        "the time zone «{name}» does not exist.",
        "Write one such as America/Sao_Paulo.",
    ),
    "bad_resume": (
        "resume says «{name}», which is no node.",
        "{near} Use reprompt, end or a node's id.",
    ),
    "nobody": (
        "it is not said who gets the conversation at {path}.",
        "Say a queue, an agent or the contact's owner: only one.",
    ),
    "translates_nothing": (
        "the translation «{language}» of {name} belongs to no text.",
        "Correct the path, or take it out.",
    ),
    "missing_translation": (
        "the translation «{language}» lacks {count} of {total} texts, beginning with «{text}».",
        "Translate them in translations, or export with flowengine translations export; "
        "until then the customer reads {own}.",
    ),
    "unfit_translation": (
        "the translation «{language}» of {name} changes more than words.",
        "Translate only texts that the customer reads: "
        "ids, expressions and rules are the same in every language.",
    ),
    "translation_of_own": (
        "the translation «{language}» is of the flow's own language: nothing reads it "
        "(steps: {count}).",
        "Take its texts into the steps themselves, or take the translation out.",
    ),
    "translation_names": (
        "the translation «{language}» of «{text}» does not show {names}.",
        "Show the same values in the translation as in the original text.",
    ),
    "bad_duration": ("the duration «{name}» cannot be used: {why}.", "{mend}."),
    "repeated_id": ("the id «{name}» is there twice in this node.", "Give each an id of its own."),
    "no_choices": (
        "it expects a choice, but offers none.",
        "Offer buttons or a list, or expect another kind of answer.",
    ),
    "no_choices_before": (
        "it expects a choice, but no node before it offers any.",
        "Name the node that offers in of, or expect another kind of answer.",
    ),
    "of_without_choices": (
        "the node «{name}», named in of, offers no choices.",
        "Name a node with buttons or a list.",
    ),
    "waits_for_nothing": (
        "it takes no reply and no event and has no timeout: it never ends.",
        "Give it expect, events or timeout.",
    ),
    "no_cases": ("the condition has no case.", "Add one, or delete the node."),
    "no_weight": ("no variant has a weight above zero.", "Give one of them a weight."),
    "no_tags": ("there is no tag to add or to remove.", "Fill in add or remove."),
    "for_or_until": (
        "the delay at {path} must say how long or until when: one of them, and only one.",
        "Fill in for or until (with expr or open).",
    ),
    "no_status": ("the exit has no status.", "List its statuses."),
    "bad_status": (
        "the status {name} is there twice or is no HTTP status.",
        "Use 100 to 599, each in one exit only.",
    ),
    "endless_dialogue": (
        "the AI dialogue has no way out.",
        "Give it outcomes, or join handoff, unsure, timeout or limit.",
    ),
    **PATHS,
}
