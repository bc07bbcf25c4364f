"""Every page of the product, on a list: photographed, examined by axe-core, attacked.

- `table`: the pages by name, and the routes that are none, with the reason.
- `furnish`, `chats`: a workspace with enough in it; `words`: what people wrote, kind or hostile.
- `browse`: walks the list in one browser.
- `python -m tests.pages` (`make screenshots`) writes pictures and a contact sheet.
"""
