"""What is said to users, in one language."""

from typing import Final

from antrean_client.visible_text import visible
from common.errors import AntreanError
from common.translation import C_, catalog, translated

_DECIMAL_SIGN: Final = C_("decimal sign", ".")


class _Decimal(float):
    """A number as it is written in a language."""

    sign: str

    def __new__(cls, value: float, sign: str) -> "_Decimal":
        number = super().__new__(cls, value)
        number.sign = sign
        return number

    def __format__(self, form: str) -> str:
        return super().__format__(form).replace(".", self.sign)


class Texts:
    """Sentences in one language: `texts("There is no option {name}.", name=word)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalog = catalog(language)
        self._decimal_sign = translated(_DECIMAL_SIGN, language)

    def __call__(self, message: str, **values: object) -> str:
        """The sentence, with values for the words in braces; a terminal obeys nothing that is in them."""
        return self._filled_in(translated(message, self.language), values)

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """The sentence for so many of something; `{count}` stands for their number."""
        sentence = self._catalog.ngettext(one, many, count)
        return self._filled_in(sentence, {"count": count, **values})

    def _filled_in(self, sentence: str, values: dict[str, object]) -> str:
        if not values:
            return sentence
        return sentence.format(**{name: self._written(value) for name, value in values.items()})

    def _written(self, value: object) -> object:
        match value:
            case float():
                return _Decimal(value, self._decimal_sign)
            case int():
                return value
            case AntreanError():
                return str(value)  # made visible already, line by line
        return visible(str(value))
