"""Names of people and companies as contacts write them and as banks print them."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from rapidfuzz import fuzz

from worker.text.fold import words

# Company forms of some thirty countries, folded; dropped from the end of a name only, because
# "as", "co" or "sa" inside a name are words like any other.
LEGAL_FORMS = frozenset(
    "ltd limited llp lp plc llc inc incorporated corp corporation co company pllc pc cic cio "
    "gmbh ag kg ohg ug gbr ev eg kgaa mbh gmbhco se sa sarl sas sasu eurl snc sci scop sprl asbl "
    "bv nv vof cv srl spa sapa sl slu sll scp cb lda ltda unipessoal eirl ab hb kb as asa ans da "
    "enk aps is amba oy oyj ky tmi pty proprietary nz pte sdn bhd kk gk yk sro spol zoo spzoo doo "
    "dd ad dooel kft zrt bt rt nyrt eood ood ou sia uab ooo oao zao pao ip ltee tbk pt sti "
    "stiftung vzw oe ee ike epe".split()
)
_TITLES = frozenset("mr mrs ms miss dr prof sir herr frau mme mlle sr sra".split())
_JOINERS = frozenset("and und et y the of de la le les du des der die das for fur".split())

# What banks print around a name, in several languages; never part of one.
BOILERPLATE = frozenset(
    "fpi fpo bgc bac bacs chaps ddr dd sto so tfr trf xfer ft fp fps ach eft wire zelle sepa sct "
    "sdd npp osko bpay payid rtgs neft imps upi swift ibp ib mb pos visa mastercard vis chq "
    "cheque check atm cdm ref reference faster payment payments paymnt pmt pymt payt pay paid "
    "from to via by transfer transfers credit credits debit debits direct deposit dep bank "
    "banking giro online internet mobile standing order counter receipt received receipts "
    "incoming outgoing inward outward domestic electronic card purchase trn txn transaction id "
    "value date eref mref cred svwz iban bic uberweisung gutschrift lastschrift dauerauftrag "
    "eingang zahlung verwendungszweck auftraggeber virement vir recu prelevement paiement prlv "
    "transferencia recibida abono ingreso pago recibo bonifico bonif ricevuto accredito addebito "
    "pagamento overschrijving betaling naam overboeking omschrijving machtiging incasso "
    "inbetalning betalning insattning overforing indbetaling bankgiro plusgiro bg pg kid inv invs "
    "invoice invoices rechnung facture factuur fattura factura faktura bill bills no nr num "
    "number account acct ac cash branch lodgement cheques authority netbank conf confirmation "
    "concepto causale motif libelle tytul meddelande thanks thank you thankyou cheers regards "
    "danke merci bedankt tack tak grazie gracias statement stmt gbp eur usd aud nzd cad chf sek "
    "nok dkk pln".split()
)
# "Conf# nsbbdnefc": a code of letters is no name either.
_CODE = re.compile(r"\bconf(?:irmation)?\s?#\s*\S+", re.IGNORECASE)
# Words so many companies share that they tell nobody apart.
GENERIC = frozenset(
    "services service group holding holdings international global solutions solution consulting "
    "consultants consultancy uk usa us eu europe trading trade traders supplies supply supplier "
    "systems management partners partnership associates enterprises enterprise industries "
    "properties property design designs media digital technologies technology tech limited "
    "shop store stores sons brothers bros house centre center club school new london "
    "north south east west national general first best".split()
)
# Of these, the words that set a sister company apart.
_SISTERS = frozenset(
    "group holding holdings international global uk usa us eu europe trading properties property "
    "new london north south east west sons brothers bros".split()
)
_TRUNCATED_FROM = 16
_FUZZY_LETTERS_MIN = 5
_FUZZY_RATIO_MIN = 86
_POSTINGS_MAX = 400
_GRADED_MAX = 40


class Grade(IntEnum):
    """How a printed name fits a contact's name, from nothing in common to all of it."""

    NONE = 0
    PARTIAL = 1
    """Telling words in common, and telling words on both sides that are not."""
    WIDER = 2
    """All of the contact's name, and more words beside it."""
    SHORTER = 3
    """Nothing but words of the contact's name, some left out or cut off."""
    FULL = 4
    """The whole name."""


@dataclass(frozen=True, slots=True)
class NameFit:
    """One contact whose name fits, and how well (0 to 1, to order equals by)."""

    contact_id: str
    grade: Grade
    score: float


def name_words(name: str) -> tuple[str, ...]:
    """The telling words of a name: folded, titles, joiners and legal form dropped.

    "The Müller & Söhne GmbH" → ("muller", "sohne"). A name made only of such words keeps them.
    """
    return _spare(_without_legal_form(words(name)), _TITLES | _JOINERS)


def payer_words(text: str) -> tuple[str, ...]:
    """The words of a bank's text that can be part of a name: no boilerplate, no digits."""
    text = _CODE.sub(" ", text)
    kept = [w for w in words(text) if w not in BOILERPLATE and not any(c.isdigit() for c in w)]
    return _spare(_without_legal_form(tuple(kept)), _TITLES | _JOINERS)


class NameIndex:
    """Contacts by the words of their names, to be asked which of them a printed name can be."""

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        """`named` is (contact id, name); a contact may have several names."""
        self._forms: list[tuple[str, tuple[str, ...], str]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_start: dict[str, set[str]] = defaultdict(set)
        self._by_joined: dict[str, set[str]] = defaultdict(set)
        self._holders: Counter[str] = Counter()
        seen: set[tuple[str, tuple[str, ...]]] = set()
        holders: set[tuple[str, str]] = set()
        for contact_id, name in named:
            for part in _aliases_within(name):
                form = (contact_id, name_words(part))
                if not form[1] or form in seen or set(form[1]) <= BOILERPLATE:
                    continue
                seen.add(form)
                self._by_joined["".join(form[1])].add(contact_id)
                for word in set(form[1]):
                    self._by_word[word].append(len(self._forms))
                    self._by_start[word[:3]].add(word)
                    if (word, contact_id) not in holders:
                        holders.add((word, contact_id))
                        self._holders[word] += 1
                self._forms.append((*form, _legal_form(part)))
        self._contacts = len({contact_id for contact_id, *_ in self._forms}) or 1
        self._weights: dict[str, float] = {}
        self._sought = [
            len({w for w in name if len(w) > 1 and len(self._by_word[w]) <= _POSTINGS_MAX})
            for _, name, _ in self._forms
        ]

    def fits(
        self,
        printed: Sequence[str],
        *,
        cut_off: bool = False,
        run_on: bool = False,
        ignored: frozenset[str] = frozenset(),
    ) -> tuple[NameFit, ...]:
        """Every contact whose name has telling words in common, best first, each once.

        `printed` comes from `payer_words`; `cut_off` says that the bank's field may have ended
        inside the name, `run_on` that other words may follow it. Words in `ignored` (our own
        name, which payers like to quote) are no sign against a contact.
        """
        if cut_off:
            printed = _without_cut_form(printed)
        if not printed:
            return ()
        best: dict[str, NameFit] = {
            contact_id: NameFit(contact_id, Grade.FULL, 1.0)
            for contact_id in self._by_joined.get("".join(printed), ())
        }
        for place in self._worth_grading(printed, cut_off, ignored):
            contact_id, name, legal_form = self._forms[place]
            kept = tuple(w for w in printed if w not in ignored or w in name) or tuple(printed)
            if cut_off and len(kept) > 1 and legal_form.startswith(kept[-1]):
                kept = kept[:-1]
            grade, score = self._grade(kept, name, cut_off, run_on)
            held = best.get(contact_id)
            if grade and (held is None or (grade, score) > (held.grade, held.score)):
                best[contact_id] = NameFit(contact_id, grade, score)
        return tuple(
            sorted(best.values(), key=lambda fit: (-fit.grade, -fit.score, fit.contact_id))
        )

    def weight(self, word: str) -> float:
        """How much a word tells: little when generic, more the fewer contacts have it."""
        if word not in self._weights:
            rare = 1.0 + math.log(self._contacts / max(1, self._holders.get(word, 0)) + 1) / 4
            self._weights[word] = 0.25 if word in GENERIC or len(word) == 1 else rare
        return self._weights[word]

    def _worth_grading(
        self, printed: Sequence[str], cut_off: bool, ignored: frozenset[str]
    ) -> Sequence[int]:
        """Forms the printed words may name; of very many, all that could be named in full.

        To be named in full is to have every printed word, or to have every word of one's own
        printed; a last word that the field's end cut into may be no word of the name.
        """
        near = self._near(printed)
        if len(near) <= _GRADED_MAX:
            return sorted(near)
        asked = {w for w in printed if len(w) > 1 and w not in ignored}
        asked = {w for w in asked if len(self._by_word.get(w, ())) <= _POSTINGS_MAX}
        cut_word = cut_off and printed[-1] in asked and printed[-1] not in self._by_word
        wanted = max(1, len(asked) - (1 if cut_word else 0))
        full: list[int] = []
        rest: list[int] = []
        for place, shared in near.items():
            whole = len(shared) >= min(wanted, self._sought[place])
            (full if whole else rest).append(place)
        rest.sort(key=lambda p: (-sum(self.weight(word) for word in near[p]), p))
        return [*full, *rest[:_GRADED_MAX]]

    def _near(self, printed: Sequence[str]) -> dict[int, set[str]]:
        """Forms with the printed words they share.

        Of a word that is nobody's, and of the last, words that start alike count as well.
        """
        found: dict[int, set[str]] = defaultdict(set)
        last = printed[-1]
        for word in dict.fromkeys(printed):
            if word in self._by_word and word != last:
                alike = {word}
            elif len(word) >= 3:
                alike = self._by_start.get(word[:3], set())
            else:
                alike = {word}
            for known in alike:
                places = self._by_word.get(known, ())
                if len(places) <= _POSTINGS_MAX and (known == word or _alike(word, known, True)):
                    for place in places:
                        found[place].add(word)
        return found

    def _grade(
        self, printed: Sequence[str], name: Sequence[str], cut_off: bool, run_on: bool
    ) -> tuple[Grade, float]:
        free = list(range(len(name)))
        matched: list[tuple[str, int, float]] = []
        extra: list[str] = []
        for place, word in enumerate(printed):
            # A name in running text may be cut off anywhere but in its first word.
            ending = place == len(printed) - 1 or (run_on and place > 0 and len(word) > 2)
            best, quality = -1, 0.0
            for i in free:
                alike = _alike(word, name[i], ending)
                if alike > quality:
                    best, quality = i, alike
            if best < 0:
                if not (ending and cut_off and _starts_legal_form(word)):
                    extra.append(word)
                continue
            free.remove(best)
            matched.append((word, best, quality))
        telling = [
            name[i]
            for word, i, q in matched
            if q >= 0.8 and name[i] not in GENERIC and len(word) > 2
        ]
        whole = len(matched) == len(name) and not extra
        if not telling and not (whole and all(q == 1.0 for _, _, q in matched)):
            return Grade.NONE, 0.0
        got = sum(self.weight(name[i]) * q for _, i, q in matched)
        score = got / (sum(self.weight(w) for w in name) + sum(self.weight(w) for w in extra))
        missing = [name[i] for i in free]
        follow_on = run_on and tuple(printed[len(matched) :]) == tuple(extra)
        grade = self._named_grade(len(matched), telling, extra, missing, cut_off, follow_on)
        clipped = any(word != name[i] and name[i].startswith(word) for word, i, _ in matched)
        return min(grade, Grade.SHORTER) if clipped else grade, score

    def _named_grade(
        self,
        matched: int,
        telling: Sequence[str],
        extra: Sequence[str],
        missing: Sequence[str],
        cut_off: bool,
        follow_on: bool,
    ) -> Grade:
        plain_extra = all(word in GENERIC and word not in _SISTERS for word in extra)
        plain_missing = all(word in GENERIC or len(word) == 1 for word in missing)
        if not extra:
            if not missing:
                return Grade.FULL
            # One word of several is a whole name only where nothing telling was left out.
            if matched > 1 or plain_missing or cut_off:
                return Grade.SHORTER
            return Grade.PARTIAL
        # Telling words beside the name may make it another company's, unless other text follows.
        if missing or not any(self._holders[word] == 1 for word in telling):
            return Grade.PARTIAL
        if plain_extra:
            return Grade.WIDER if len(telling) > 1 or len(telling[0]) > 3 else Grade.PARTIAL
        return Grade.WIDER if follow_on and matched > 1 else Grade.PARTIAL


def is_cut_off(printed: str) -> bool:
    """Long enough that the bank's field may have ended inside the name (fields of 18 to 35)."""
    return len(printed.strip()) >= _TRUNCATED_FROM


def _aliases_within(name: str) -> tuple[str, ...]:
    """The names a name holds: "A Ltd t/a B" is both A and B."""
    lowered = f" {name} "
    for mark in (" t/a ", " T/A ", " trading as ", " Trading As ", " dba ", " DBA ", " d/b/a "):
        if mark in lowered:
            return tuple(part.strip() for part in lowered.split(mark) if part.strip())
    return (name,)


def _without_legal_form(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The words before the legal form, which may be spelled out: "s a r l", "sp z oo"."""
    while True:
        tails = (n for n in (4, 3, 2, 1) if n < len(parts) and "".join(parts[-n:]) in LEGAL_FORMS)
        tail = next((n for n in tails if n == 1 or all(len(p) <= 2 for p in parts[-n:])), 0)
        if not tail:
            return parts
        parts = parts[:-tail]


def _legal_form(name: str) -> str:
    """The legal form a name ends with, run together: "Pty Ltd" → "ptyltd"; "" without one."""
    parts = words(name)
    return "".join(parts[len(_without_legal_form(parts)) :])


def _spare(parts: tuple[str, ...], dropped: frozenset[str]) -> tuple[str, ...]:
    kept = tuple(_plain_umlauts(p) for p in parts if p not in dropped)
    return kept or tuple(_plain_umlauts(p) for p in parts)


def _plain_umlauts(word: str) -> str:
    """Mueller, as banks without umlauts write Müller, and Muller become one word."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _without_cut_form(printed: Sequence[str]) -> Sequence[str]:
    """A legal form of two words that the field's end cut into goes whole: "pty l", "gmbh co k"."""
    head = tuple(printed[:-1])
    cut = bool(head) and head[-1] in LEGAL_FORMS | {"co"} and _starts_legal_form(printed[-1])
    return (_without_legal_form(head) or head) if cut else printed


def _starts_legal_form(word: str) -> bool:
    forms = ("limited", "ltd", "gmbh", "incorporated", "llp", "kg")
    return any(form.startswith(word) for form in forms)


def _alike(printed: str, known: str, ending: bool) -> float:
    """How surely two words are one: 1 equal, less when cut off, an initial, or misspelled."""
    if printed == known:
        return 1.0
    if len(printed) == 1 or len(known) == 1:
        return 0.5 if printed[0] == known[0] else 0.0
    if known.startswith(printed) and (ending or len(printed) >= 4):
        return 0.9
    if printed.startswith(known) and len(known) >= 4 and len(printed) - len(known) <= 2:
        return 0.85
    if min(len(printed), len(known)) < _FUZZY_LETTERS_MIN:
        return 0.0
    ratio = fuzz.ratio(printed, known)
    return 0.8 if ratio >= _FUZZY_RATIO_MIN else 0.0
