"""The state machine: hypothesis chooses what happens in which order; after every step the promises are looked at."""

from datetime import timedelta

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orchestrator.kernel import doorbell
from tests.chaos import invariants, scene
from tests.chaos.doing import Doing, killed
from tests.chaos.invariants import Violation
from tests.chaos.oracle import Oracle
from tests.chaos.provider import Provider

PEOPLE = st.integers(0, 6)
SAID = st.sampled_from(scene.SAID)
ADDRESS = st.sampled_from(scene.ADDRESSES)
POINTS = st.sampled_from(("claimed", "before_call", "after_accept"))
JUMPS = (
    timedelta(minutes=2), timedelta(minutes=30), timedelta(hours=7), timedelta(days=1), timedelta(days=9), timedelta(days=33),
)  # fmt: skip
MEANWHILE = ("link", "takes_back", "stopped", "moves", "off", "merged", "late", "restricted", "erased")
MOST_PEOPLE = 7
MOST_DAYS = timedelta(days=240)


class Histories(RuleBasedStateMachine):
    """Histories of some people. `start` is what each begins with; `tally` counts over all of them."""

    start: tuple[Oracle, list[int]]
    tally: list[dict]
    seed = 0
    deliver = None

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        oracle, people = self.start
        self.do = Doing(oracle.copy(), people, **({"deliver": type(self).deliver} if type(self).deliver else {}))
        self.steps, self.violations = -1, 0  # the invariant also looks before the first step
        self.quiet = doorbell.silence()
        self.quiet.__enter__()

    def teardown(self) -> None:
        self.quiet.__exit__(None, None, None)
        transaction.savepoint_rollback(self.savepoint)
        line = {"seed": f"{self.seed}.{len(self.tally)}", "steps": max(self.steps, 0), "calls": len(Provider.calls)}
        self.tally.append({**line, "points": dict(self.do.points), "violations": self.violations})

    def someone(self, number: int) -> int | None:
        """A living person, if this one still is."""
        who = self.do.living(number)
        return None if self.do.gone(who) else who

    # --- people agree and take back

    @rule(number=PEOPLE, purpose=SAID, source=st.sampled_from(("api", "staff", "form")))
    def agrees(self, number, purpose, source):
        self.on(number, lambda who: self.do.said(who, purpose, "granted", source))

    @rule(number=PEOPLE, purpose=SAID, days=st.sampled_from((1, 20)))
    def agreed_long_ago(self, number, purpose, days):
        self.on(number, lambda who: self.do.said(who, purpose, "granted", "crm", self.do.now - timedelta(days=days)))

    @rule(
        number=PEOPLE,
        purpose=SAID,
        decision=st.sampled_from(("withdrawn", "refused")),
        source=st.sampled_from(("api", "staff")),
    )
    def takes_back(self, number, purpose, decision, source):
        self.on(number, lambda who: self.do.said(who, purpose, decision, source))

    @rule(number=PEOPLE, purpose=SAID, how=st.sampled_from(("page", "one_click", "topic")))
    def follows_the_link(self, number, purpose, how):
        self.on(number, lambda who: self.do.follow_link(who, purpose, how))

    @rule(number=PEOPLE, what=st.sampled_from(("all", "box", "tick")))
    def uses_the_centre(self, number, what):
        self.on(number, lambda who: self.do.use_centre(who, what))

    @rule(address=ADDRESS, purposes=st.sets(SAID, min_size=1))
    def signs_up(self, address, purposes):
        self.do.sign_up(address, sorted(purposes))

    @precondition(lambda self: self.do.asked)
    @rule(place=st.integers(0, 3), scanner=st.sampled_from((False, False, True)))
    def confirms(self, place, scanner):
        self.do.confirm(place, scanner=scanner)

    @rule(number=PEOPLE)
    def buys(self, number):
        self.on(number, self.do.buy)

    @rule(number=PEOPLE)
    def objects(self, number):
        self.on(number, self.do.object)

    @rule(number=PEOPLE)
    def is_restricted(self, number):
        self.on(number, self.do.restrict)

    @precondition(lambda self: self.do.restrictions)
    @rule(place=st.integers(0, 3))
    def restriction_is_lifted(self, place):
        self.do.lift(place)

    @rule(number=PEOPLE)
    def is_erased(self, number):
        self.on(number, self.do.erase)

    @rule(
        number=PEOPLE,
        column=st.sampled_from(("consent", "objection")),
        cell=st.sampled_from(("yes", "no", "maybe")),
        proven=st.booleans(),
    )
    def stands_in_a_file(self, number, column, cell, proven):
        self.on(number, lambda who: self.do.bring_file(who, column, cell, proven=proven))

    # --- who is who

    @rule(first=PEOPLE, second=PEOPLE)
    def are_one(self, first, second):
        survivor, loser = self.someone(first), self.someone(second)
        if survivor and loser and survivor != loser:
            self.do.merge(survivor, loser)

    @precondition(lambda self: self.do.merges)
    @rule(number=st.integers(0, 5))
    def are_two_after_all(self, number):
        self.do.part(number)

    @rule(number=PEOPLE, address=ADDRESS)
    def moves(self, number, address):
        self.on(number, lambda who: self.do.move(who, address))

    @precondition(lambda self: len(self.do.people) < MOST_PEOPLE)
    @rule(address=ADDRESS)
    def comes_new(self, address):
        self.do.newcomer(address)

    # --- what stops

    @rule(address=ADDRESS, reason=st.sampled_from(("bounced", "complained", "blocked", "objected")))
    def address_is_stopped(self, address, reason):
        self.do.suppress(address, reason)

    @rule(on=st.booleans())
    def purpose_is_for_customers(self, on):
        self.do.change_purpose(scene.MARKETING, existing_customer=on)

    @rule(purpose=st.sampled_from(scene.PURPOSES), active=st.booleans())
    def purpose_is_switched(self, purpose, active):
        self.do.change_purpose(purpose, active=active)

    @rule(purpose=st.sampled_from((scene.TOPIC, scene.OPT_OUT)), enforcement=st.sampled_from(("opt_in", "opt_out")))
    def purpose_is_changed(self, purpose, enforcement):
        self.do.change_purpose(purpose, enforcement=enforcement)

    @rule(purpose=st.sampled_from(scene.PURPOSES), what=st.sampled_from(("pause", "resume", "resume", "publish")))
    def journey_is_turned(self, purpose, what):
        self.do.turn_journey(purpose, what)

    # --- what works

    @rule(
        numbers=st.sets(PEOPLE, min_size=1, max_size=4),
        event=st.sampled_from(scene.EVENTS),
        what=st.sampled_from(("pulse", "pulse", "beat")),
        mails=st.booleans(),
    )
    def something_happens(self, numbers, event, what, mails):
        for who in sorted({self.someone(number) for number in numbers} - {None}):
            self.do.happens(who, event)
        self.do.tick(what)
        if mails:
            self.do.deliver()

    @rule(jump=st.sampled_from(JUMPS), what=st.sampled_from(("", "beat")))
    def time_passes(self, jump, what):
        if self.do.now + jump < scene.NOW + MOST_DAYS:
            self.do.now += jump
        if what:
            self.do.tick(what)

    @rule(answers=st.lists(st.sampled_from(("accept", "reset", "busy", "kill")), max_size=2))
    def mails_go(self, answers):
        self.do.deliver(answers=tuple(answers))

    @rule(point=POINTS)
    def worker_dies(self, point):
        self.do.deliver(at=point, what=killed)

    @rule(point=POINTS, meanwhile=st.sampled_from(MEANWHILE), number=PEOPLE, purpose=SAID)
    def mails_go_while_something_happens(self, point, meanwhile, number, purpose):
        self.do.deliver(at=point, what=lambda: self.meanwhile(meanwhile, number, purpose))

    def meanwhile(self, what, number, purpose):
        """Between the claim and the record of one delivery somebody else does something."""
        who = self.someone(number)
        if who is None:
            return
        address = self.do.oracle.world.people[who].address
        if what == "link":
            self.do.follow_link(who, purpose, "one_click")
        elif what == "takes_back":
            self.do.said(who, purpose, "withdrawn", "staff")
        elif what == "stopped" and address:
            self.do.suppress(address, "complained")
        elif what == "moves":
            self.do.move(who, "new@people.example")
        elif what == "off":
            self.do.change_purpose(purpose, active=False)
        elif what == "merged":
            self.are_one(number, number + 1)
        elif what == "restricted":
            self.do.restrict(who)
        elif what == "erased":
            self.do.erase(who)
        elif what == "late":
            self.do.now += timedelta(minutes=5)

    def on(self, number, what):
        """Do something about a living person."""
        who = self.someone(number)
        if who is not None:
            what(who)

    # --- what must hold

    @invariant()
    def promises_hold(self):
        self.steps += 1
        said, held = self.do.oracle.states(), invariants.states()
        self.differ(
            "what holds is what was said", said, {key: yes for key, yes in held.items() if key[1] in scene.SAID}
        )
        fold = invariants.fold_of_records()
        self.holds("what holds is the fold of the records", {} if fold == held else {"records": fold, "states": held})
        self.holds("the chain of records is whole", invariants.broken_chain())
        self.holds("a refused touch has one reason", invariants.unexplained(once=not self.do.parted))
        self.differ("everybody has the address they said", self.do.oracle.addresses(), invariants.addresses())

    def differ(self, promise, oracle, product):
        more, less = oracle.items() - product.items(), product.items() - oracle.items()
        self.holds(promise, {"oracle": sorted(more), "product": sorted(less)} if more or less else {})

    def holds(self, promise, wrong):
        if wrong:
            self.violations += 1
            raise Violation(f"{promise}: {wrong}")
