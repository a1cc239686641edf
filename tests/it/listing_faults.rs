//! What the vendor's listings get wrong, and what must come of it.

use chrono::TimeDelta;
use hookmend::sandbox::{EventPlan, InitialLog, Operation, WorldPlan};

use crate::scene::{Scene, hours_ago, outage};

#[test]
fn the_main_job_recovers_what_is_missing_and_touches_nothing_else() {
    let scene = Scene::new(outage(12).event(EventPlan::unacknowledged("answered-late", hours_ago(9))));
    scene
        .reconcile(&[])
        .ends_with(0)
        .counts("missing", 12)
        .counts("recovered", 12)
        .counts("left", 0)
        .counts("unacknowledged", 1);
    assert_eq!(scene.resends(), 12);
    scene.assert_everything_arrived_once();
    // What there is to see afterwards is clean, and costs no resend.
    scene.reconcile(&[]).ends_with(0).counts("missing", 0).counts("resent", 0);
    assert_eq!(scene.resends(), 12);
}

#[test]
fn listings_that_only_look_odd_change_nothing() {
    for fault in [
        "ignore-success-filter",
        "repeat-rows",
        "newest-first",
        "ignore-range",
        "inclusive-to",
        "offset-times",
        "mixed-times",
        "minimal-records",
        "no-run-counter",
        "body-webhook-id-differs",
        "failed-listing-empty",
        "max-range-days=31",
        "max-rows-500=15",
        "cut-listing-first=2",
        "cut-json@first=2",
        "html-first=2",
        "html-502-first=3",
        "unavailable-first=3",
        "stale-listing=2",
        "slow=100",
    ] {
        let scene = Scene::new(outage(6)).with_fault(fault);
        let ended = scene.reconcile(&[]);
        assert_eq!(ended.code, Some(0), "{fault}: {ended}");
        assert_eq!(ended.total("recovered"), 6, "{fault}: {ended}");
        assert_eq!(scene.resends(), 6, "{fault}: {ended}");
        scene.assert_everything_arrived_once();
    }
}

#[test]
fn a_silent_cap_hides_nothing() {
    for cap in [5, 10, 13] {
        let scene = Scene::new(outage(40)).with_fault(&format!("truncate={cap}"));
        scene.reconcile(&[]).ends_with(0);
        scene.assert_everything_arrived_once();
    }
}

#[test]
fn a_zone_shift_hides_nothing_at_the_edges() {
    for shift in ["+1h", "+2h", "-1h", "-2h"] {
        let edges = [EventPlan::missing("at-the-end", hours_ago(1)), EventPlan::missing("at-the-start", hours_ago(71))];
        let scene = Scene::new(outage(3).events(edges)).with_fault(&format!("zone-shift={shift}"));
        let ended = scene.reconcile(&["--min-age", "0s"]);
        let world = scene.sandbox.world();
        let young = ended.total("too_young");
        assert!(world.held("at-the-start") == 1, "{shift}: {ended}");
        assert!(world.held("at-the-end") == 1 || young > 0, "{shift}: {ended}");
        scene.assert_no_duplicates();
    }
}

#[test]
fn a_vendor_that_never_shows_a_failure_is_not_called_clean() {
    let scene = Scene::new(outage(6)).with_fault("only-delivered");
    scene.reconcile(&[]).ends_with(11).reports("filter_unproven");
    scene.check(&[]).ends_with(11);
}

#[test]
fn an_empty_vendor_is_not_called_clean() {
    let scene = Scene::new(hookmend::sandbox::WorldPlan::new(3));
    scene.reconcile(&["--no-proof"]).ends_with(0);
    scene.reconcile(&[]).ends_with(11).reports("filter_unproven");
}

#[test]
fn a_listing_that_can_not_be_read_is_never_dropped_silently() {
    for (fault, code) in
        [("deep-json@list", 12), ("oversized@list", 12), ("cut-json@list", 12), ("html-error@list", 12)]
    {
        let scene = Scene::new(outage(3)).with_fault(fault);
        let ended = scene.reconcile(&["--deadline", "20s"]);
        assert_eq!(ended.code, Some(code), "{fault}: {ended}");
        assert_eq!(scene.resends(), 0, "{fault}: {ended}");
    }
}

#[test]
fn records_without_id_or_status_make_it_undetermined() {
    let scene = Scene::new(outage(6)).with_fault("missing-ids");
    scene.reconcile(&[]).ends_with(11).reports("records_unusable");
    let scene = Scene::new(outage(6)).with_fault("no-status");
    scene.reconcile(&[]).ends_with(11);
    assert_eq!(scene.resends(), 0);
}

#[test]
fn the_wrong_log_resends_nothing() {
    let scene = Scene::new(outage(6).initial_log(InitialLog::Empty));
    scene.reconcile(&[]).ends_with(11).reports("log_unproven").counts("missing", 0);
    let other = scene.file("other.log", "some-other-id\nand-another\n");
    scene.reconcile(&["--received", other.to_str().expect("a path"), "--received-format", "ids"]).ends_with(11);
    assert_eq!(scene.resends(), 0);
}

#[test]
fn hostile_ids_stay_ids() {
    let hostile =
        ["a/b", "../../secret", "quo\"te", "<script>", "=1+1", "sp ace", "per%cent", "esc\u{1b}[31mred", "ü-ñ-漢"];
    let events = hostile
        .iter()
        .enumerate()
        .map(|(number, id)| EventPlan::missing(*id, hours_ago(20 + i64::try_from(number).expect("a small number"))));
    let scene = Scene::new(outage(0).events(events));
    let ended = scene.reconcile(&[]).ends_with(0);
    assert_eq!(ended.total("recovered"), hostile.len() as u64);
    assert!(!ended.stdout.contains('\u{1b}'), "{ended}");
    scene.assert_everything_arrived_once();
    let unknown = scene.sandbox.world().count(Operation::Unknown);
    assert_eq!(unknown, 0, "an id led to another path");
}

#[test]
fn a_vendor_that_refuses_every_listing_is_not_asked_without_end() {
    let scene = Scene::new(outage(5)).with_fault("max-range-days=0");
    scene.reconcile(&[]).ends_with(11).reports("listing_unreadable");
    assert!(scene.requests() < 300, "{} requests", scene.requests());
}

#[test]
fn a_vendor_that_ignores_the_range_is_not_asked_without_end() {
    for missing in [9, 13] {
        let scene = Scene::new(outage(missing)).with_fault("ignore-range");
        scene.fault("ignore-success-filter");
        scene.reconcile(&[]).ends_with(0).reports("range_ignored");
        scene.assert_everything_arrived_once();
        assert!(scene.requests() < 40, "{} requests", scene.requests());
    }
}

#[test]
fn a_round_number_of_events_in_one_burst_costs_few_listings() {
    let burst = (0..20)
        .map(|number| EventPlan::delivered(format!("burst-{number}"), hours_ago(40) + TimeDelta::seconds(number)));
    let scene = Scene::new(WorldPlan::new(7).events(burst));
    scene.reconcile(&[]).ends_with(0);
    assert!(scene.requests() <= 3 + 1 + 2, "{} requests", scene.requests());
}

#[test]
fn an_id_that_fits_no_address_holds_up_no_other() {
    let events = ["..", "."].map(|id| EventPlan::missing(id, hours_ago(60)));
    let scene = Scene::new(outage(5).events(events));
    let ended = scene.reconcile(&[]).ends_with(10).counts("recovered", 5).counts("left", 2);
    assert_eq!(ended.document()["totals"]["requests"]["resend"], 5, "{ended}");
    assert_eq!(scene.resends(), 5);
}

#[test]
fn acknowledged_and_lost_events_are_told_and_resent_when_asked_for() {
    let scene = Scene::new(outage(0).event(EventPlan::lost_after_ack("acknowledged", hours_ago(9))));
    scene.reconcile(&[]).ends_with(10).counts("lost_after_ack", 1).counts("resent", 0);
    scene.reconcile(&["--include-acknowledged"]).ends_with(0).counts("recovered", 1);
    scene.assert_everything_arrived_once();
}

#[test]
fn young_events_wait_for_a_later_run() {
    let scene = Scene::new(outage(0).event(EventPlan::missing("young", hours_ago(0))));
    scene.reconcile(&["--min-age", "5m"]).ends_with(0).counts("resent", 0);
}

#[test]
fn all_webhooks_are_taken_when_asked_for() {
    let mix = hookmend::sandbox::Mix { events: 30, missing: 4, ..hookmend::sandbox::Mix::default() };
    let plan = hookmend::sandbox::WorldPlan::new(5).webhooks(3).mix(mix);
    let scene = Scene::new(plan);
    let ended = crate::scene::run(
        scene
            .program()
            .args(["reconcile", "--all-webhooks", "--since", "8d", "--format", "json", "--base-url"])
            .arg(scene.sandbox.base_url())
            .arg("--received")
            .arg(scene.sandbox.received_log()),
    );
    let ended = ended.ends_with(0).counts("recovered", 12);
    assert_eq!(ended.document()["webhooks"].as_array().map(Vec::len), Some(3), "{ended}");
    scene.assert_everything_arrived_once();
}
