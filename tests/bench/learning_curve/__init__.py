"""The main job on real input: a stream of corrected banking questions, from an empty agent, through the whole loop.

The agent is what `ratchet agent create` makes for somebody who names two leads and sets nothing else. Three streams
of about 2,000 teaching corrections by 20 raters, and 732 corrections by the two leads (the attack never reaches those):

    clean      everybody is right
    noise20    5 of 20 raters are wrong four times in five, at random: 20 % of the teaching corrections
    targeted   60 more corrections by three accounts move one intent's questions to a similar intent

A turn follows each batch; whatever its card recommends to approve is approved by the benchmark (and only here), what is
proved first. Accuracy is measured on the 3,080 test questions, which no version ever saw, after each release. Naive is
the same agent with every teaching correction as an example: no validation, no gate.

All seeds and streams by default, two at a time; `--seeds 0 --settings clean` runs one. With `--keep FOLDER` every
stream that is done is written there and not run again.
"""
