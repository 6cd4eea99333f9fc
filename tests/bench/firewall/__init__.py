"""The feedback firewall on real data: what it finds, whom it wrongs, and what a naive rule would do in its place.

Every world goes through the product's own `loop.validate.settle`, the rules a turn applies. Banking worlds are 2,000
corrections by 20 raters over 77 labels (`--rows 9271` takes the whole data set), each wrong with 10 % to any other
label, in two weeks; `vouched` adds 732 by two leads.

    rte_consensus            share of 800 items where the leading side is the truth; naive: plain majority, ties half
    rte_majority_silenced    items on which a plain majority is sure and no side stands
    rte_bad_rater_auc        standing of raters right on < 60 % below that of the others
    banking_random_*         held rows that are wrong, wrong rows that are held; 732 vouched. Naive: every row whose
                             label is not the likeliest of a leave-one-out classifier
    banking_cold_*           the same with nobody vouched for
    banking_targeted_recall  60 rows by 3 and by 20 new accounts move one label to a similar one: the worse of the two
    banking_repeat_recall    1,000 rows by 500 accounts, one question with a wrong label, over 30 days
    honest_held              rows held in a clean world, vouched
    feedbackqa_auc_flipped20 765 answers, three ratings each by 30 raters, a fifth flipped: AUC of the mean of the
                             ratings that stand for "this was the right article"; naive: mean of all
    feedbackqa_auc_liars     the same where 6 of the 30 always flip
    honest_raters_condemned  raters called unreliable in worlds where everybody is equally noisy
    outage_wrongly_held      70 new people report an outage within three hours, in the worst form
    outage_seen              forms in which it is an emerging topic of at least 60 people, as a share
    flood_taught             rows of 12 and 70 accounts with a wrong label, in one message, that may teach
    injection_*, redaction_* what `tests.bench.firewall_text` measures, which says more
    noise20_points_lost      accuracy of the whole loop on the clean learning curve less that with 20 % noise, seed 0
"""
