"""What views say of a row never rests on the row itself."""

from loop.records import FeedbackItem, FeedbackState, Limits
from loop.validate import MemoryKnowledge, settle
from tests.builders import agent, at, feedback, interaction

SURE = 1_000_000
UNLIKE = ("zephyr quilt", "jockey vow", "mango dusk", "blimp hutch", "fjord next")


def test_an_answer_the_reference_learned_is_judged_without_itself() -> None:
    """Of two labels the words tell; the third has answers with no word in common, so only each one knows itself."""
    known = MemoryKnowledge()
    for number in range(1, 141):
        if number > len(UNLIKE):
            label = ("refund", "parcel")[number % 2]
            question = f"{label} money {label} order" if number % 3 else f"about {label} please"
            question += f" {number % 7}"
        else:
            label, question = "other", UNLIKE[number - 1]
        known.asked[f"i{number}"] = interaction(number, question=question, label=None, answer="")
        said = feedback(number, label=label, author="lead", at=at(number * 90))
        known.items[said.id] = FeedbackItem(feedback=said, state=FeedbackState.NEW, seq=number)
        known.list_of["facts"][said.id] = 1
    limits = Limits(dev_share=0.49, sealed_share=1e-6)  # what may be sealed one day, the reference does not learn
    settle(known, agent(trusted_authors=("lead",), limits=limits), now=at(99_999), seed=0)
    told = [row.agree for row in known.judged.values() if row.choice != "other"]
    alone = [row.agree for row in known.judged.values() if row.choice == "other"]
    assert told.count(SURE) > 90
    assert alone.count(SURE) == 0
