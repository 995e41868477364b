"""What made an entry, as a reader is told: first laws by the names of columns, not by places.

A search sees features in an order of its own, so that the numbers in the names of its first laws
are places there. Which column stands in a place is told by the first laws that hold one feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evolve.evaluation.record import Entry
from evolve.law.graph import feat, features_of, law_from_data
from evolve.law.naming import words_seen
from evolve.law.template import parse_template
from evolve.runs.store import Store
from evolve.search.form_names import places_in, with_words
from evolve.search.rules import template_words

FIRST = "initial"  # origin of entries that are called by a form


@dataclass(frozen=True, slots=True)
class Makers:
    """What the makers of a run's entries are called.

    Attributes:
        words: What the feature in each place is called; of a place that is not known, nothing.
    """

    words: Mapping[int, str]

    def of(self, operator: str, origin: str) -> str:
        """What a reader is told of what made an entry."""
        return with_words(operator, self.words) if origin == FIRST else operator

    def named(self, entry: Entry) -> Entry:
        """The entry, made by what a reader is told."""
        operator = self.of(entry.operator, entry.origin)
        return entry if operator == entry.operator else replace(entry, operator=operator)


def makers_of(store: Store, feature_names: Sequence[str] | None = None) -> Makers:
    """The makers of a run's entries; of its first laws as few are read as say enough.

    Args:
        store: The run.
        feature_names: Those of its task; if None, as the run has them, which old ones do not.
    """
    names = store.task.get("features", ()) if feature_names is None else feature_names
    if len(names) < 2:
        return Makers(dict(enumerate(names)))
    if template := store.settings.get("rules", {}).get("template"):
        words = template_words(template, names)
        variables = {word: feat(j) for j, word in enumerate(words)}
        free = parse_template(template, variables).features  # the first laws are of its free part
        return Makers({place: names[j] for place, j in enumerate(free)})
    return makers_among((store.entry(i) for i in store.summary().firsts), names)


def maker_of(store: Store, operator: str, origin: str) -> str:
    """What a reader is told of what made one entry; others are read where it holds a place."""
    return makers_of(store).of(operator, origin) if places_in(operator) else operator


def makers_among(entries: Iterable[Entry], feature_names: Sequence[str]) -> Makers:
    """The makers of entries, as far as the first laws among them say."""
    if len(feature_names) < 2:
        return Makers(dict(enumerate(feature_names)))
    words: dict[int, str] = {}
    for entry in entries:
        places = places_in(entry.operator) if entry.origin == FIRST else []
        if len(places) != 1 or entry.law is None or places[0] in words:
            continue
        law = law_from_data(entry.law)
        if law.own_feature_first:  # of which each target has an order of its own
            return Makers(dict(enumerate(words_seen(feature_names, own_first=True))))
        features = [name for j, name in enumerate(feature_names) if j in features_of(law.root)]
        if len(features) == 1:
            words[places[0]] = features[0]
        if len(words) == len(feature_names) - 1:  # the last of them is the only one left
            break
    return Makers(_whole(words, feature_names))


def _whole(words: Mapping[int, str], feature_names: Sequence[str]) -> dict[int, str]:
    """The words, with that of the last place where one place and one name are left."""
    names = set(feature_names) - set(words.values())
    places = set(range(len(feature_names))) - set(words)
    if len(names) == len(places) == 1:
        return {**words, places.pop(): names.pop()}
    return dict(words)
