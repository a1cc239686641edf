//! Draws a world from its seed: what is in its nature, and what each run meets.
//!
//! Some combinations are left out on purpose, because no client could see through them; each stands
//! with its reason at the place where it is left out.

use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;

use crate::pace::budget::FailureBudget;
use crate::provider::ProviderError;
use crate::reconcile::{Beginning, RunRequest};
use crate::run_report::Mode;

use super::super::world::{
    Arrival, Fate, Fault, ListBehaviour, Moods, ResendBehaviour, Shared, World, Write, event_at, hooks, request, start,
};
use super::trial::Trial;

/// Purposes of dice that are not for a fault.
const HOOKS: u64 = 1001;
const EVENTS: u64 = 1002;
const WORLD: u64 = 1003;
const REQUEST: u64 = 1004;
const BUDGET: u64 = 1005;
const IDEMPOTENT: u64 = 1006;

/// The lies that a resend may be answered with.
const RESEND_FAULTS: [(Fault, ResendBehaviour); 8] = [
    (Fault::AnswersBefore, ResendBehaviour::DeliversAndShowsBefore),
    (Fault::DeliversAndFails, ResendBehaviour::DeliversAndFails),
    (Fault::AnswersWithoutCounter, ResendBehaviour::DeliversAndShowsNoCounter),
    (Fault::DeliversAndTimesOut, ResendBehaviour::DeliversAndTimesOut),
    (Fault::ClaimsWithoutDelivery, ResendBehaviour::ClaimsWithoutDelivery),
    (Fault::BeforeWithoutDelivery, ResendBehaviour::ShowsBeforeWithoutDelivery),
    (Fault::FailsWithoutDelivery, ResendBehaviour::FailsWithoutDelivery),
    (Fault::TimesOutWithoutDelivery, ResendBehaviour::TimesOutWithoutDelivery),
];

const LIST_FAULTS: [(Fault, ListBehaviour); 4] = [
    (Fault::FilterIgnored, ListBehaviour::IgnoresFilter),
    (Fault::OnlyDelivered, ListBehaviour::OnlyDelivered),
    (Fault::FalselyEmpty, ListBehaviour::FailedAlwaysEmpty),
    // A vendor that cuts before it filters (`CapsBeforeItFilters`) is not drawn: at a number that is not
    // round it can't be told from one that has no more failed events.
    (Fault::ListsNothing, ListBehaviour::Nothing),
];

pub(super) fn one_in(dice: &mut Rng, sides: u32) -> bool {
    dice.u32(..sides) == 0
}

/// How many webhooks the world has.
pub(super) fn hooks_of(trial: &Trial) -> u32 {
    let mut dice = trial.dice(HOOKS, 0);
    if one_in(&mut dice, 3) { dice.u32(2..5) } else { 1 }
}

/// What stays as it is for the whole life of a world.
pub(super) fn world_of(trial: &Trial) -> Shared {
    let shared = Shared::new();
    for hook in 1..=hooks_of(trial) {
        draw_events(trial, &shared, hook);
    }
    let mut world = shared.get();
    let mut dice = trial.dice(WORLD, 0);
    world.random = dice.fork();
    world.states_offsets = dice.bool();
    let (at, cap) = (dice.i64(0..72), dice.usize(4..30));
    let repeats = dice.u32(2..9);
    let around = TimeDelta::hours(dice.i64(3..30));
    let lies = LIST_FAULTS.iter().filter(|(fault, _)| trial.has(*fault));
    let lies: Vec<ListBehaviour> = lies.map(|(_, list)| *list).collect();
    let lie = dice.usize(..1000);
    world.list = lies.get(lie % lies.len().max(1)).copied().unwrap_or_default();
    world.counts_runs = !trial.has(Fault::RunsNotCounted);
    world.repeats_one_in = trial.has(Fault::RowsRepeated).then_some(repeats);
    if trial.has(Fault::OutsideRecords) {
        world.lists_around = around;
    } else if trial.has(Fault::ListingCapped) {
        // Only without records from outside: what a cap left of another range looks like the whole of
        // this one.
        world.cap = Some(cap);
    }
    draw_zone(trial, &mut world);
    if trial.has(Fault::ShownLate) {
        world.stale_after_delivery = dice.u32(1..6);
        world.stale_hides_runs = trial.has(Fault::RunsShownLate);
        if may_lack_deliveries(trial) {
            world.stale_lasts = Duration::from_secs(30);
        }
    }
    world.log_is_live = !trial.has(Fault::LogStandsStill);
    if trial.has(Fault::LogRotated) {
        let since = start() - TimeDelta::hours(at);
        // A log that does not say where it begins is not drawn here: without three deliveries that it
        // lacks nobody can tell.
        world.log_since = Some(since);
        let (gone, kept) = world.log.iter().cloned().partition(|id| world.events[id].created < since);
        (world.log_gone, world.log) = (gone, kept);
    }
    world.watch.budget = budget_of(trial).filter(|_| lets_know_in_time(trial));
    drop(world);
    shared
}

/// Whether anybody can know of a failed delivery before the next one: a vendor that delivers late or shows
/// a run late, and a clock that jumps, make the budget a matter of luck.
fn lets_know_in_time(trial: &Trial) -> bool {
    let late = [
        Fault::DeliversLate,
        Fault::RunsShownLate,
        Fault::ClockJumpsBetweenRuns,
        Fault::ClockJumpsDuringRun,
        Fault::VendorRedelivers,
    ];
    !late.iter().any(|fault| trial.has(*fault))
}

/// Whether the log may not show what arrived, so that only the vendor's word is left.
fn may_lack_deliveries(trial: &Trial) -> bool {
    let lacking = [
        Fault::LogStandsStill,
        Fault::LogBroken,
        Fault::LogBreaks,
        Fault::LogLineUnreadable,
        Fault::LogCanNotBeRead,
        Fault::LogRotated,
        Fault::LogLags,
    ];
    lacking.iter().any(|fault| trial.has(*fault))
}

fn draw_zone(trial: &Trial, world: &mut World) {
    let shift = TimeDelta::hours(trial.dice(Fault::ZoneShifted as u64, 1).i64(-2..=2));
    if trial.has(Fault::ZoneShifted) {
        world.zone_shift = shift;
    }
    let mut dice = trial.dice(Fault::DaylightSaving as u64, 1);
    let night = start() - TimeDelta::hours(dice.i64(0..80));
    // The margin is two hours, and further from UTC than that a vendor's zone has to be set.
    let is_either = world.zone_shift.is_zero() && dice.bool();
    let step = if world.zone_shift > TimeDelta::zero() || is_either { -1 } else { 1 };
    if trial.has(Fault::DaylightSaving) {
        world.zone_changes = Some((night, TimeDelta::hours(step)));
    }
}

/// The events of one webhook, each drawn by dice of its own.
fn draw_events(trial: &Trial, shared: &Shared, hook: u32) {
    let mut numbers = trial.dice(EVENTS, hook);
    let most = if one_in(&mut numbers, 3) { 24 } else { 10 };
    let (delivered, lost) = (numbers.u32(3..14), numbers.u32(0..most));
    let kinds = [
        ("ok", delivered, true, true, None),
        ("lost", lost, false, false, None),
        ("late-answer", numbers.u32(1..4), false, true, Some(Fault::AnswerLost)),
        ("acknowledged", numbers.u32(1..4), true, false, Some(Fault::LostAfterAck)),
    ];
    // Three in a row would pass for a dead receiver.
    let mut poisonable = 2;
    for (place, (name, count, is_delivered, is_logged, fault)) in (0_u64..).zip(kinds) {
        if fault.is_some_and(|fault| !trial.has(fault)) {
            continue;
        }
        for number in 0..count.min(trial.events) {
            let mut dice = trial.dice(EVENTS + 1000 * (place + 1) + u64::from(hook), number);
            // Many lie near the edges of the window and of its days, where zones matter.
            let hour =
                if one_in(&mut dice, 4) { [0, 1, 23, 24, 47, 48, 70, 71][dice.usize(..8)] } else { dice.i64(1..71) };
            let created = start() - TimeDelta::hours(hour) - TimeDelta::seconds(dice.i64(360..3600));
            let mut event = event_at(created, is_delivered);
            event.hook = hook;
            let is_odd = one_in(&mut dice, 6) && trial.has(Fault::OddId);
            event.poison = one_in(&mut dice, 8) && poisonable > 0 && !is_delivered && trial.has(Fault::PoisonEvent);
            poisonable -= u32::from(event.poison);
            event.timeless = one_in(&mut dice, 12) && trial.has(Fault::TimeMissing);
            event.statusless = one_in(&mut dice, 12) && trial.has(Fault::StatusMissing);
            event.states_offset = (dice.bool() && trial.has(Fault::TimesMixed)).then(|| dice.bool());
            event.no_path = one_in(&mut dice, 12) && trial.has(Fault::PathUnknown);
            let odd = if is_odd { "/../\u{1b}[31m\"'%2f" } else { "" };
            let id = format!("{hook}-{name}-{number}{odd}");
            let mut world = shared.get();
            if is_logged {
                world.log.insert(id.clone());
                world.tally_if(name == "late-answer", Fault::AnswerLost);
            }
            world.tally_if(name == "acknowledged", Fault::LostAfterAck);
            world.events.insert(id, event);
        }
    }
}

/// What a vendor that switches webhooks off would allow, kept by every run of a world.
pub(super) fn budget_of(trial: &Trial) -> Option<FailureBudget> {
    let mut dice = trial.dice(BUDGET, 0);
    one_in(&mut dice, 3)
        .then(|| FailureBudget { failures: dice.u32(1..4), period: TimeDelta::minutes(dice.i64(1..60)) })
}

/// What is different in every run.
pub(super) fn draw_run(trial: &Trial, world: &mut World, run: u32) {
    draw_answers(trial, world, run);
    draw_vendor(trial, world, run);
    draw_receiver(trial, world, run);
    draw_journal(trial, world, run);
    let last_hook = hooks_of(trial);
    if let Some(mut dice) = trial.happens(Fault::LateEvent, run, 2) {
        for number in 0..dice.u32(1..3).min(trial.events) {
            let mut event = event_at(start() - TimeDelta::minutes(dice.i64(1..4200)), false);
            event.hook = dice.u32(1..=last_hook);
            let at_call = world.calls() + dice.u32(0..60);
            world.arrivals.push(Arrival { at_call, id: format!("arrival-{run}-{number}"), event });
        }
    }
    // Between runs there is only the calendar to tell how long ago an attempt was, so a jump forward and a
    // delivery that shows late are not drawn together.
    let shows_late = [Fault::DeliversLate, Fault::ShownLate, Fault::LogLags];
    let shows_late = shows_late.iter().any(|fault| trial.has(*fault));
    if let Some(mut dice) = trial.happens(Fault::ClockJumpsBetweenRuns, run, 2).filter(|_| !shows_late) {
        world.clock_error = TimeDelta::minutes(dice.i64(-26 * 60..26 * 60));
        world.fired(Fault::ClockJumpsBetweenRuns);
    }
}

fn draw_answers(trial: &Trial, world: &mut World, run: u32) {
    let lies: Vec<ResendBehaviour> = RESEND_FAULTS
        .iter()
        .filter(|(fault, _)| trial.happens(*fault, run, 2).is_some())
        // An event that is left out of the listing looks delivered, so a claim would be believed: two
        // statements of the vendor that agree and are both false.
        .filter(|(fault, _)| {
            let shows_all = !trial.has(Fault::EventHides) && !trial.has(Fault::EventExpires);
            *fault != Fault::ClaimsWithoutDelivery || shows_all
        })
        .map(|(_, behaviour)| *behaviour)
        .collect();
    // Some worlds lie every time, others now and then.
    let is_honest_between = trial.dice(WORLD, run + 1).bool();
    world.resend_mix = lies;
    if is_honest_between || world.resend_mix.is_empty() {
        world.resend_mix.push(ResendBehaviour::DeliversAndShowsIt);
    }
    let mut dice = trial.dice(WORLD, 100 + run);
    world.throttle_wait = [None, Some(0), Some(1), Some(30)][dice.usize(..4)].map(Duration::from_secs);
    let at = world.calls() + dice.u32(1..60);
    world.throttle_every = trial.happens(Fault::Throttled, run, 2).map(|mut dice| dice.u32(2..9));
    world.not_sent_rate = if trial.happens(Fault::NotConnected, run, 2).is_some() { 0.2 } else { 0.0 };
    world.fail_first_listings = trial.happens(Fault::ListingFails, run, 2).map_or(0, |mut dice| dice.u32(1..12));
    let too_long = ProviderError::Rejected { status: 400, message: String::new() };
    world.longest_listing =
        trial.happens(Fault::RangeTooLong, run, 2).map(|mut dice| (TimeDelta::hours(dice.i64(5..30)), too_long));
    world.gets_fail = trial.happens(Fault::GetFails, run, 3).is_some();
    let often = |fault| trial.happens(fault, run, 2).map(|mut dice| dice.u32(2..12));
    world.moods = Moods {
        cuts_off_one_in: often(Fault::ListingCutOff),
        unusable_one_in: often(Fault::UnusableRecords),
        strange_one_in: often(Fault::StrangeAnswer),
        slow_one_in: often(Fault::SlowAnswer),
        another_one_in: often(Fault::GetOfAnother),
        rejects_one_in: often(Fault::ResendRejected),
        refuses_keys_from: trial.happens(Fault::KeysRefused, run, 4).map(|_| at),
        quota_ends_at: trial.happens(Fault::QuotaUsedUp, run, 2).map(|mut dice| {
            let wait = [None, Some(7), Some(900), Some(30_000)][dice.usize(..4)];
            (at, wait.map(Duration::from_secs))
        }),
        ..Moods::default()
    };
}

fn draw_vendor(trial: &Trial, world: &mut World, run: u32) {
    let seldom = |fault| trial.happens(fault, run, 2).map(|mut dice| dice.u32(6..40));
    let at = world.calls();
    let moods = &mut world.moods;
    moods.redelivers_one_in = seldom(Fault::VendorRedelivers);
    moods.fails_again_one_in = seldom(Fault::DeliveredFailsAgain);
    moods.hides_one_in = seldom(Fault::EventHides);
    moods.expires_one_in = seldom(Fault::EventExpires);
    moods.clock_jumps_at = trial.happens(Fault::ClockJumpsDuringRun, run, 2).map(|mut dice| {
        let jump = TimeDelta::seconds(dice.i64(-7200..7200));
        (at + dice.u32(1..40), jump)
    });
    let late = trial.happens(Fault::DeliversLate, run, 2);
    // Less than the settling time: whoever delivers later than that and answers as before can't be told
    // from somebody who does not deliver. Where no log shows the delivery, the time in which the vendor
    // shows it late belongs to that.
    let latest = if may_lack_deliveries(trial) { 25 } else { 40 };
    world.delivery_delay = Duration::from_secs(late.map_or(0, |mut dice| dice.u64(1..latest)));
}

fn draw_receiver(trial: &Trial, world: &mut World, run: u32) {
    let down = trial.happens(Fault::ReceiverDown, run, 2);
    world.receiver_down = down.is_some();
    world.recovers_after = down.map_or(0, |mut dice| dice.u32(0..6));
    world.hooks_down.clear();
    if let Some(mut dice) = trial.happens(Fault::OneHookDown, run, 2) {
        world.hooks_down.insert(dice.u32(1..=hooks_of(trial)));
    }
    world.moods.goes_down_after = trial.happens(Fault::GoesDownMidway, run, 2).map(|mut dice| dice.u32(1..5));
    world.log_lag = Duration::from_secs(trial.happens(Fault::LogLags, run, 2).map_or(0, |mut dice| dice.u64(1..15)));
    world.log_is_broken = trial.happens(Fault::LogBroken, run, 3).is_some();
    let look = |fault| trial.happens(fault, run, 2).map(|mut dice| dice.u32(1..6));
    world.log_breaks_at = look(Fault::LogBreaks).map(|look| world.look_ups + look);
    world.moods.log_fails_at = look(Fault::LogCanNotBeRead).map(|look| world.look_ups + look);
    world.moods.unreadable_one_in = trial.happens(Fault::LogLineUnreadable, run, 2).map(|mut dice| dice.u32(2..8));
}

fn draw_journal(trial: &Trial, world: &mut World, run: u32) {
    world.rows.reopen();
    world.journal_fails = None;
    let fates = [
        (Fault::WriteFails, Fate::Fails),
        (Fault::WriteFailsAfterCommit, Fate::FailsAfterCommit),
        (Fault::KilledBeforeCommit, Fate::KilledBeforeCommit),
        (Fault::KilledAfterCommit, Fate::KilledAfterCommit),
    ];
    for (fault, fate) in fates {
        if let Some(mut dice) = trial.happens(fault, run, 2) {
            let write = [Write::RunStart, Write::Intent, Write::Outcome, Write::Settle, Write::RunEnd];
            // Intents and outcomes come often, so their faults may come late.
            let (write, passes) = match write[dice.usize(..5)] {
                write @ (Write::Intent | Write::Outcome) => (write, dice.u32(0..8)),
                write @ (Write::RunStart | Write::Settle | Write::RunEnd) => (write, 0),
            };
            world.journal_fails = Some((write, passes));
            world.moods.fate = fate;
        }
    }
    world.moods.reads_fail_after = trial.happens(Fault::ReadFails, run, 3).map(|mut dice| dice.u32(0..4));
}

pub(super) fn draw_request(trial: &Trial, run: u32) -> RunRequest {
    let mut dice = trial.dice(REQUEST, run);
    let mode = if one_in(&mut dice, 8) { [Mode::Check, Mode::DryRun][dice.usize(..2)] } else { Mode::Act };
    let mut asked = request(mode);
    asked.beginning = if one_in(&mut dice, 3) { Beginning::WhereProvenEnds } else { Beginning::AsGiven };
    asked.scope = hooks(hooks_of(trial));
    asked.seed = dice.u64(..);
    asked.policy.slice = TimeDelta::hours([24, 24, 7, 72][dice.usize(..4)]);
    asked.policy.resend.include_acknowledged = one_in(&mut dice, 6);
    asked.policy.resend.idempotent = one_in(&mut trial.dice(IDEMPOTENT, 0), 12);
    let bounds = &mut asked.policy.bounds;
    bounds.concurrency = [1, 2, 4, 8][dice.usize(..4)];
    bounds.max_rounds = dice.u32(1..4);
    bounds.max_attempts = dice.u32(1..6);
    bounds.failure_budget = budget_of(trial);
    bounds.deadline = Duration::from_secs([14400, 14400, 14400, 20, 3][dice.usize(..5)]);
    asked
}
