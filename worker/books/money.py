"""Money is exact and knows its currency; minor units are what the mirror stores."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from worker.errors import PromiseBroken, Refused

ZERO = Decimal(0)

# ISO 4217 exponents that differ from 2 (list one of the standard, 2024).
_EXPONENTS = (
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
    | dict.fromkeys("CLF UYW".split(), 4)
)

# BIGINT on both engines; a figure beyond it is a typing error, not money.
_MINOR_MAX = 2**63 - 1
_DIGITS_MAX = 18


class CurrencyMismatch(PromiseBroken):
    """Two currencies met in one sum."""

    def __init__(self, one: Money, other: Money) -> None:
        super().__init__(f"cannot combine {one} with {other}: different currencies")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount in one currency: Money(Decimal("12.50"), "NZD")."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __str__(self) -> str:
        return f"{plain(self.amount, self.currency)} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self, other)


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit has (2 when ISO 4217 says nothing else)."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units: Decimal("12.50"), "GBP" → 1250.

    Raises Refused for an amount finer than the currency's minor unit, not finite, or beyond BIGINT.
    """
    if not amount.is_finite():
        raise Refused(f"{amount} is not an amount of money")
    # Asked first, since arithmetic on far larger figures is itself refused.
    if amount.adjusted() > _DIGITS_MAX:
        raise Refused("an amount of so many digits is too large to be money")
    if amount != to_cents(amount, currency):
        raise Refused(f"{amount} is finer than the smallest unit of {currency}")
    minor = int(amount.scaleb(exponent(currency)))
    if abs(minor) > _MINOR_MAX:
        raise Refused(f"{amount} {currency} is too large to be an amount of money")
    return minor


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount as a Decimal with exactly the currency's decimals: 1250, "GBP" → 12.50."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_cents(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to the currency's minor unit."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP)


def plain(amount: Decimal, currency: str) -> str:
    """The amount as a decimal string with the currency's decimals, no separators: "1234.50"."""
    return format(to_cents(amount, currency), "f")


def decimal_of(text: object) -> Decimal:
    """An exact Decimal from a string, int or Decimal; never from a float.

    Raises Refused where the text is no finite number.
    """
    if isinstance(text, (bool, float)):
        raise PromiseBroken(f"money must not pass through {type(text).__name__}")
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        raise Refused(f"{text!r} is not an amount") from None
    if not value.is_finite():
        raise Refused(f"{text!r} is not an amount")
    return value
