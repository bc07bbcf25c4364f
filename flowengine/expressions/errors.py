"""What can go wrong: the author's mistake while compiling, trouble while running."""


class ExpressionError(Exception):
    """A template, expression, condition or pattern that is refused: the author's mistake.

    `code` is a stable word for it, `message` one sentence, `fix` the mend. `line` and `column`
    count from 1 in the source; `path` is the JSON Pointer of the source below the compiled value.
    Cost: ~1 µs.
    """

    def __init__(
        self,
        message: str,
        line: int = 1,
        column: int = 1,
        fix: str = "",
        *,
        code: str = "refused",
        path: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.fix = fix
        self.code = code
        self.path = path

    def below(self, path: str) -> "ExpressionError":
        """The same mistake, seen from above, where its place is `path` and what it was."""
        return ExpressionError(
            self.message, self.line, self.column, self.fix, code=self.code, path=path + self.path
        )

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.message} (line {self.line}, column {self.column}); {self.fix}"


class EvaluationError(Exception):
    """An evaluation that came to nothing: the conversation's trouble, never our bug.

    `message` is one sentence without the customer's data; `line` counts from 1, 0 is unknown.
    Cost: ~1 µs.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def at(self, line: int) -> "EvaluationError":
        """The same trouble, with the line where it was not known yet."""
        if not self.line:
            self.line = line
        return self
