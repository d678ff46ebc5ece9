"""One spelling for every way a bank may write the same words."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent. Latin, then Cyrillic
# and Greek by the passport habit (ICAO 9303): what a bank prints when it has only A to Z.
_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
        "ħ": "h", "ı": "i", "ĸ": "k", "ŋ": "ng", "ŧ": "t", "ſ": "s", "ə": "e",
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
        "и": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
        "щ": "shch", "ъ": "ie", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i",
        "ї": "i", "є": "ie", "ґ": "g", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c",
        "џ": "dz",
        "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i",
        "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s",
        "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
    }
)  # fmt: skip

# An apostrophe joins (O'Brien is OBRIEN at the bank); so do the dots of initials (S.A.R.L.).
_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_NOT_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The text in lower case, without accents or punctuation, words parted by single spaces.

    Letters of other alphabets the tables know become Latin; unknown ones stay as they are.
    Folding twice changes nothing.
    """
    lowered = text.casefold()
    if not lowered.isascii():
        lowered = _latin(lowered)
    joined = _INITIALS.sub(lambda found: found[0].replace(".", ""), lowered.translate(_APOSTROPHES))
    return _NOT_WORDS.sub(" ", joined).strip()


def words(text: str) -> tuple[str, ...]:
    """The folded words of the text in order: "Müller & Söhne" → ("muller", "sohne")."""
    return tuple(fold(text).split())


def _latin(lowered: str) -> str:
    decomposed = unicodedata.normalize("NFKD", lowered).casefold()
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.translate(_LETTERS))
