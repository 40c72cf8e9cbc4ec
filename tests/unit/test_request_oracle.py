"""
Requests for operations of published descriptions are what an independent validator accepts.

A sample of more than 3,000 operations of ``../shared/corpus``, with arguments made from
their schemas; openapi-core judges the bytes. `request_exceptions.yaml` lists the requests
that it refuses, one by one, each with the reason.
"""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from request_oracle import Skipped, operations, verdict

EXCEPTIONS = Path(__file__).with_name("request_exceptions.yaml")


@pytest.fixture(scope="module")
def judged(corpus):
    """Verdicts by operation, and how many could not be judged."""
    found, skipped = {}, Counter()
    for where, operation in operations(corpus, 5_000):
        try:
            found[where] = verdict(operation)
        except Skipped as why:
            skipped[str(why).partition(":")[0]] += 1
        except Exception as error:  # the oracle is not our code
            found[where] = f"{type(error).__name__}: {error}"
    return found, skipped


@pytest.mark.slow
def test_requests_are_accepted(judged):
    found, skipped = judged
    listed = {
        where
        for entry in yaml.safe_load(EXCEPTIONS.read_text("utf-8"))
        for where in entry["operations"]
    }
    refused = {where: why for where, why in found.items() if why is not None}

    assert len(found) >= 3_000
    assert sum(skipped.values()) < 100
    assert {w: why for w, why in refused.items() if w not in listed} == {}
    assert listed - refused.keys() == set()


@pytest.mark.slow
def test_every_provider_is_in_the_sample(judged, corpus):
    found, _ = judged
    there = {
        each.name
        for each in corpus.iterdir()
        if (each / "openapi").is_dir() or (each / "apis").is_dir()
    }

    # Those of mailchimp are of version 2.0, which openapi-core does not read.
    assert there - {where.partition("/")[0] for where in found} == {"mailchimp"}
