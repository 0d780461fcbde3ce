"""How well a person fits and how much they do: points by rules, with decay and quotas, 0 to 100.

Step    2 signals
Reads   contacts_score, contacts_scorerule, contacts_grade, contacts_event
Writes  contacts_scorevalue, contacts_news
"""
