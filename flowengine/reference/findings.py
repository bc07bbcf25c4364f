"""Which findings of check are about which kind of node; what is about all is on the index."""

from collections.abc import Mapping, Sequence

SPEAKING: Sequence[str] = (
    "no_contents interactive_not_last empty_text too_long too_long_at_least media_source "
    "media_asset unknown_file two_headers no_choices_here too_many_buttons too_many_rows "
    "too_many_sections "
    "rows_and_sections bad_choice_id repeated_choice repeated_title opt_out_word reserved_choice "
    "unknown_template unknown_template_language template_params template_buttons template_header "
    "text_outside_window no_choices not_a_list missing_translation unfit_translation "
    "translates_nothing translation_names ambiguous_choice typed_secret unknown_field"
).split()
WAITING: Sequence[str] = (
    "timeout_without_edge edge_without_timeout expires_first missing_choice_edge bad_duration "
    "undeclared_name cannot_store pattern_invalid pattern_matches_nothing dead_choice "
    "repeated_id"
).split()

OF_KINDS: Mapping[str, Sequence[str]] = {
    "trigger": (
        "no_words bad_cron keyword_conflict opt_out_word pattern_invalid pattern_matches_nothing "
        "condition_invalid empty_text start_without_purpose unknown_tag unknown_field "
        "unknown_purpose bad_duration never_holds wrong_comparison"
    ).split(),
    "message": SPEAKING,
    "wait": [*WAITING, "no_choices_before", "of_without_choices", "waits_for_nothing"],
    "ask": [*SPEAKING, *WAITING],
    "condition": (
        "no_cases repeated_id shadowed_branch condition_invalid pattern_invalid "
        "pattern_matches_nothing never_holds wrong_comparison unknown_schedule unknown_tag "
        "dead_else"
    ).split(),
    "set": "undeclared_name not_settable cannot_store wrong_type unknown_field".split(),
    "tag": ["no_tags", "unknown_tag", "unfit_translation"],
    "delay": ["for_or_until", "bad_duration", "unknown_schedule", "expires_first"],
    "hours": ["unknown_schedule"],
    "split": ["no_weight", "repeated_id"],
    "loop": ["not_a_list", "undeclared_name", "loop_goes_on"],
    "http": (
        "no_address no_status bad_status repeated_id unknown_secret undeclared_name cannot_store "
        "typed_secret bad_duration"
    ).split(),
    "ai_reply": (
        "unknown_profile unknown_knowledge endless_dialogue ai_loop undeclared_name cannot_store "
        "repeated_id text_outside_window bad_duration unknown_flow call_cycle calls_too_deep "
        "call_without_start call_outside_window unknown_input tool_without_flow tool_name_taken "
        "tool_waits tool_parameters argument_type missing_argument typed_secret"
    ).split(),
    "transfer": (
        "unknown_queue nobody timeout_without_edge edge_without_timeout undeclared_name "
        "cannot_store bad_duration expires_first"
    ).split(),
    "flow": (
        "unknown_flow call_cycle call_without_start unknown_input missing_input unknown_output "
        "unknown_outcome undeclared_name call_outside_window ai_loop calls_too_deep"
    ).split(),
    "start": (
        "unknown_flow call_without_start unknown_input missing_input start_without_purpose "
        "unknown_purpose"
    ).split(),
    "cancel": ["unknown_flow"],
    "notify": ["empty_text"],
    "consent": ["unknown_purpose"],
    "end": ["undeclared_output"],
}

EVERYWHERE = (
    "duplicate_id unknown_node unknown_exit duplicate_edge missing_edge unreachable endless_cycle "
    "template_invalid expression_invalid reserved_name unknown_name secret_in_text unset_read "
    "wrong_type unknown_constant unknown_secret not_known_here duplicate_name unknown_start "
    "no_beginning bad_timezone bad_resume unknown_queue unknown_purpose "
    "translation_of_own"
).split()
"""Codes about any node, edges, names and the document itself."""
