//! What counts as a delivery, and what may be sent again.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::exit::ExitCode;
use crate::policy::Proofs;
use crate::run_report::Mode;

use super::world::{Arrival, ListBehaviour, ResendBehaviour, Shared, event_at, request, start};
use super::{canaries::when, everything_arrived, nobody_got_a_duplicate};

#[tokio::test(start_paused = true)]
async fn an_answer_that_shows_the_event_as_it_was_is_found_out_without_a_run_counter() {
    let world = Shared::outage(30);
    world.get().counts_runs = false;
    world.get().resend = ResendBehaviour::DeliversAndShowsBefore;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(world.get().resends, 30);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_turns_out_to_be_a_delivery_is_recorded_as_one() {
    let world = Shared::outage(2);
    world.get().counts_runs = false;
    world.get().resend = ResendBehaviour::DeliversAndShowsBefore;
    world.get().delivery_delay = Duration::from_secs(5);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_not_believed_because_its_event_is_listed_in_the_next_slice() {
    for hours in [-2, 2] {
        let world = Shared::outage(60);
        world.get().zone_shift = TimeDelta::hours(hours);
        world.get().states_offsets = true;
        world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
        let mut asked = request(Mode::Act);
        asked.policy.slice = TimeDelta::hours(7);
        let report = world.run(&asked).await;
        assert_eq!(report.totals.recovered, 0, "{hours}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_breaks_during_a_run_causes_no_second_resend() {
    for resend in [
        ResendBehaviour::DeliversAndFails,
        ResendBehaviour::ShowsBeforeWithoutDelivery,
        ResendBehaviour::FailsWithoutDelivery,
        ResendBehaviour::TimesOutWithoutDelivery,
    ] {
        let world = Shared::outage(4);
        world.get().resend = resend;
        world.get().log_breaks_at = Some(2);
        // The vendor shows the delivery only after the settling time.
        world.get().stale_after_delivery = 1000;
        world.get().stale_hides_runs = true;
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(report.exit_code, ExitCode::Undetermined, "{resend:?}");
        assert!(world.get().resends <= 4, "{resend:?}: {} resends", world.get().resends);
        nobody_got_a_duplicate(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_left_the_failed_listing_is_not_resent_because_it_can_not_be_looked_at() {
    let world = Shared::outage(2);
    world.get().resend = ResendBehaviour::DeliversAndFails;
    world.get().gets_fail = true;
    world.get().log_lag = Duration::from_secs(3600);
    world.run(&request(Mode::Act)).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    world.run(&request(Mode::Act)).await;
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_event_that_was_resent_and_refused_is_not_recovered() {
    let world = Shared::outage(0);
    world.event("acknowledged", 5, true, false);
    world.get().receiver_down = true;
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    let report = world.run(&asked).await;
    assert_eq!((report.totals.recovered, report.exit_code), (0, ExitCode::Left), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn only_the_log_confirms_what_was_delivered_before_also_where_twice_does_no_harm() {
    for counts_runs in [true, false] {
        let world = Shared::outage(0);
        world.event("acknowledged", 5, true, false);
        world.get().counts_runs = counts_runs;
        let mut asked = request(Mode::Act);
        asked.policy.resend.include_acknowledged = true;
        asked.policy.resend.idempotent = true;
        let report = world.run(&asked).await;
        assert_eq!((report.totals.recovered, report.exit_code), (1, ExitCode::Clean), "{:?}", report.problems);
        let reasons: Vec<&str> = report.webhooks[0].events.iter().filter_map(|event| event.reason.as_deref()).collect();
        assert_eq!(reasons, ["resent and in the received log"], "{counts_runs}");
    }
}

#[tokio::test(start_paused = true)]
async fn acknowledged_events_are_looked_for_also_without_proofs() {
    let world = Shared::outage(0);
    world.event("acknowledged", 5, true, false);
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    asked.policy.proofs = Proofs::Off;
    let report = world.run(&asked).await;
    assert_eq!((report.totals.recovered, report.exit_code), (1, ExitCode::Clean), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_delivery_is_no_failure_because_a_stale_listing_counts_its_run() {
    let world = Shared::outage(6);
    world.get().resend = ResendBehaviour::DeliversAndShowsNoCounter;
    world.get().stale_after_delivery = 8;
    world.get().log_lag = Duration::from_secs(20);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_not_sent_uses_up_nothing() {
    let world = Shared::outage(1);
    world.get().resend = ResendBehaviour::ShowsBeforeWithoutDelivery;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 2;
    let report = world.run(&asked).await;
    assert_eq!((report.totals.left, report.totals.quarantined), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_left_open_costs_no_request_each() {
    let world = Shared::outage(200);
    world.get().journal_fails = Some((super::world::Write::Settle, 0));
    world.run(&request(Mode::Act)).await;
    world.get().journal_fails = None;
    world.get().rows.reopen();
    world.get().gets = 0;
    let begun = Instant::now();
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert!(world.get().gets <= 3, "{} single look-ups", world.get().gets);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_turns_up_in_quarantine_is_told_as_such() {
    let world = Shared::outage(1);
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 1;
    for _ in 0..2 {
        let report = world.run(&asked).await;
        assert_eq!((report.totals.quarantined, report.exit_code), (1, ExitCode::Left));
    }
    assert_eq!(world.get().resends, 1);
}

#[tokio::test(start_paused = true)]
async fn each_bound_at_its_least_still_recovers() {
    for (rounds, attempts, concurrency, settle) in
        [(1, 5, 4, 60), (3, 1, 4, 60), (3, 5, 1, 60), (3, 5, 4, 0), (1, 1, 1, 0)]
    {
        for list in [ListBehaviour::Honest, ListBehaviour::IgnoresFilter] {
            let world = Shared::outage(12);
            world.get().list = list;
            let mut asked = request(Mode::Act);
            asked.policy.bounds.max_rounds = rounds;
            asked.policy.bounds.max_attempts = attempts;
            asked.policy.bounds.concurrency = concurrency;
            asked.policy.settle = TimeDelta::seconds(settle);
            let report = world.run(&asked).await;
            assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
            everything_arrived(&world);
            nobody_got_a_duplicate(&world);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_not_believed_because_its_event_was_cut_off_the_listing() {
    for list in [ListBehaviour::IgnoresFilter, ListBehaviour::Honest] {
        let world = Shared::outage(9);
        world.get().list = list;
        world.get().cap = Some(11);
        world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
        // While the resends are sent, others fail that are listed before them.
        let early = event_at(start() - TimeDelta::hours(23), false);
        let arrival = |number: u32| Arrival { at_call: 17, id: format!("early-{number}"), event: early.clone() };
        world.get().arrivals = (0..20).map(arrival).collect();
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(report.totals.recovered, 0, "{list:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_whose_status_is_shown_late_is_not_repeated_while_the_log_lags() {
    let world = Shared::outage(6);
    world.get().resend = ResendBehaviour::DeliversAndFails;
    world.get().stale_after_delivery = 3;
    world.get().log_lag = Duration::from_secs(3);
    // The first run is killed, and the second begins at once.
    let asked = request(Mode::Act);
    let killed = tokio::time::timeout(Duration::from_millis(60), world.run(&asked)).await;
    assert!(killed.is_err() && world.get().resends > 0);
    world.get().rows.reopen();
    for _ in 0..2 {
        world.run(&asked).await;
        tokio::time::sleep(Duration::from_secs(120)).await;
    }
    nobody_got_a_duplicate(&world);
    everything_arrived(&world);
}

#[tokio::test(start_paused = true)]
async fn what_the_vendor_accepted_is_not_sent_again_in_the_same_run() {
    let world = Shared::outage(3);
    world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.in_doubt), (ExitCode::Undetermined, 3));
    assert_eq!(world.get().resends, 3);
    // The next run finds that neither the vendor nor the log shows a delivery.
    tokio::time::sleep(Duration::from_secs(600)).await;
    world.get().resend = ResendBehaviour::DeliversAndShowsIt;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    everything_arrived(&world);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_brought_is_not_lost_after_ack_while_the_log_lags_behind() {
    let world = Shared::outage(1);
    world.get().counts_runs = false;
    world.get().resend = ResendBehaviour::DeliversAndShowsBefore;
    world.get().delivery_delay = Duration::from_secs(22);
    world.get().log_lag = Duration::from_secs(30);
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    asked.policy.bounds.deadline = Duration::from_secs(10);
    world.run(&asked).await;
    tokio::time::sleep(Duration::from_secs(16)).await;
    asked.policy.bounds.deadline = Duration::from_secs(600);
    world.run(&asked).await;
    assert_eq!(world.get().resends, 1);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_canary_is_not_proven_by_the_record_of_another_event() {
    let world = Shared::outage(8);
    {
        let mut world = world.get();
        world.receiver_down = true;
        world.resend = ResendBehaviour::DeliversAndTimesOut;
        world.moods.another_one_in = Some(1);
    }
    world.run(&request(Mode::Act)).await;
    assert_eq!(world.get().resends, 3, "three canaries and nothing else");
}

#[tokio::test(start_paused = true)]
async fn a_calendar_that_is_set_in_the_middle_of_a_run_settles_nothing_early() {
    let world = Shared::outage(1);
    {
        let mut world = world.get();
        world.resend = ResendBehaviour::DeliversAndFails;
        world.delivery_delay = Duration::from_secs(30);
        world.moods.clock_jumps_at = Some((7, TimeDelta::hours(2)));
    }
    world.run(&request(Mode::Act)).await;
    assert_eq!(world.get().resends, 1);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_may_be_older_than_the_log_is_not_missing() {
    let world = Shared::outage(0);
    {
        let mut world = world.get();
        let since = start() - TimeDelta::hours(10);
        world.log_since = Some(since);
        // It arrived before the log begins, and its time is told an hour late and without an offset.
        world.log_gone.insert("answered-late".to_owned());
        world.events.insert("answered-late".to_owned(), event_at(since - TimeDelta::minutes(30), false));
        world.states_offsets = false;
        world.zone_shift = TimeDelta::hours(1);
    }
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 0));
}

#[tokio::test(start_paused = true)]
async fn an_earlier_delivery_does_not_vouch_for_a_resend_that_was_refused() {
    for behaviour in [ResendBehaviour::DeliversAndFails, ResendBehaviour::DeliversAndShowsBefore] {
        let world = Shared::outage(0);
        world.event("acknowledged", 5, true, false);
        world.get().receiver_down = true;
        world.get().resend = behaviour;
        let mut asked = request(Mode::Act);
        asked.policy.resend.include_acknowledged = true;
        let report = world.run(&asked).await;
        assert_eq!(report.totals.recovered, 0, "{behaviour:?}: {:?}", report.problems);
        assert_ne!(report.exit_code, ExitCode::Clean, "{behaviour:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_took_long_is_no_later_evidence_than_its_beginning() {
    let world = Shared::outage(0);
    for (id, hours) in [("canary", 60), ("late", 58), ("second-day", 30), ("third-day", 10)] {
        world.event(id, hours, false, false);
    }
    {
        let mut world = world.get();
        // The log does not show what arrives while the run lasts.
        world.log_is_live = false;
        world.log_snapshot = Some(world.log.clone());
    }
    let delivers_late = |world: &Shared| {
        let mut world = world.get();
        world.resend = ResendBehaviour::DeliversAndShowsNoCounter;
        world.delivery_delay = Duration::from_secs(20);
    };
    // The first day is listed at once, and the others after the settling time.
    let slows_down = async {
        let mut listings = 0;
        when(&world, |world| world.get().resends == 4, |world| listings = world.get().listings).await;
        let is_first_day_listed = |world: &Shared| world.get().listings > listings;
        let pauses = |world: &Shared| {
            let mut world = world.get();
            world.moods.quota_ends_at = Some((world.calls() + 1, Some(Duration::from_secs(70))));
        };
        when(&world, is_first_day_listed, pauses).await;
    };
    let mut asked = request(Mode::Act);
    asked.policy.bounds.concurrency = 1;
    let canary_arrived = |world: &Shared| !world.get().accepted.is_empty();
    let late = when(&world, canary_arrived, delivers_late);
    let (report, (), ()) = tokio::join!(world.run(&asked), late, slows_down);
    assert_eq!((report.totals.recovered, world.get().resends), (4, 4), "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}
