//! What goes wrong around a resend: the receiver, the answer, the connection, the limits.

use hookmend::sandbox::{Availability, EventPlan, Mishap, Operation, ReceiverPlan};

use crate::scene::{Scene, hours_ago, outage};

#[test]
fn a_poison_event_is_left_and_the_others_arrive() {
    let scene = Scene::new(outage(10).receiver(ReceiverPlan::default().refusing("lost-0", 422)));
    let ended = scene.reconcile(&[]).ends_with(10).counts("recovered", 9).counts("left", 1);
    let document = ended.document();
    let events = document["webhooks"][0]["events"].as_array().expect("events").clone();
    let poison = events.iter().find(|event| event["event_id"] == "lost-0").expect("the poison event is listed");
    assert!(poison["reason"].as_str().is_some_and(|reason| reason.contains("422")), "{ended}");
    scene.assert_no_duplicates();
}

#[test]
fn a_receiver_that_is_down_is_not_hammered() {
    let scene = Scene::new(outage(50).receiver(ReceiverPlan::default().availability(Availability::Down)));
    scene.reconcile(&[]).ends_with(10).reports("receiver_down").counts("left", 50);
    assert!(scene.resends() <= 3, "{} resends", scene.resends());
}

#[test]
fn a_receiver_that_keeps_an_event_and_answers_500_gets_it_once_and_is_not_taken_for_down() {
    let scene = Scene::new(outage(8).receiver(ReceiverPlan::default().mishandling_all(Mishap::KeepsWithoutAck)));
    scene.reconcile(&[]).ends_with(0).counts("recovered", 8);
    scene.assert_everything_arrived_once();
    assert_eq!(scene.resends(), 8);
    scene.reconcile(&[]).ends_with(0).counts("unacknowledged", 8);
    assert_eq!(scene.resends(), 8);
}

#[test]
fn a_receiver_that_dies_under_way_is_left_alone_soon() {
    let scene = Scene::new(outage(60));
    scene.sandbox.set_receiver(ReceiverPlan::default().failing(0.0));
    let plan = ReceiverPlan::default();
    let dying = (20..60).fold(plan, |plan, number| plan.refusing(format!("lost-{number}"), 503));
    scene.sandbox.set_receiver(dying);
    scene.reconcile(&[]).ends_with(10).reports("receiver_down");
    // Five failures in a row open the breaker; late successes may restart the count once, and what is
    // in flight then is still answered.
    assert!(scene.resends() <= 20 + 5 + 2 * 4, "{} resends", scene.resends());
    scene.assert_no_duplicates();
}

#[test]
fn an_answer_that_got_lost_after_the_delivery_causes_no_duplicate() {
    for fault in [
        "deliver-then-500@first=4",
        "deliver-then-reset@first=4",
        "deliver-then-cut@first=4",
        "deliver-then-html@first=4",
        "deliver-then-hang=5@first=2",
        "resend-answers-before",
        "resend-delivers-late=300",
    ] {
        let scene = Scene::new(outage(8)).with_fault(fault);
        let ended = scene.reconcile(&[]);
        assert_eq!(ended.code, Some(0), "{fault}: {ended}");
        scene.assert_everything_arrived_once();
        assert_eq!(scene.resends(), 8, "{fault}: {ended}");
    }
}

#[test]
fn a_request_that_was_dropped_before_the_delivery_is_sent_again_after_the_settling_time() {
    for fault in ["drop-before-deliver@first=1", "resend-without-delivery-honest@first=1"] {
        let scene = Scene::new(outage(5)).with_fault(fault);
        let ended = scene.reconcile(&[]);
        assert_eq!(ended.code, Some(0), "{fault}: {ended}");
        scene.assert_everything_arrived_once();
        assert_eq!(scene.resends(), 6, "{fault}: {ended}");
    }
}

#[test]
fn a_vendor_that_claims_a_delivery_is_not_believed() {
    let scene = Scene::new(outage(3)).with_fault("resend-without-delivery");
    let ended = scene.reconcile(&["--max-rounds", "1"]);
    assert!(matches!(ended.code, Some(10 | 11)), "{ended}");
    assert_eq!(ended.total("recovered"), 0, "{ended}");
}

#[test]
fn without_a_run_counter_doubt_stays_doubt() {
    let scene = Scene::new(outage(1)).with_fault("no-run-counter");
    scene.fault("drop-before-deliver@first=1");
    scene.reconcile(&[]).ends_with(11).counts("in_doubt", 1);
    scene.reconcile(&[]).ends_with(11).counts("in_doubt", 1);
    assert_eq!(scene.resends(), 1);
    // An idempotent receiver may get it again.
    scene.reconcile(&["--idempotent"]).ends_with(0).counts("recovered", 1);
    scene.assert_everything_arrived_once();
}

#[test]
fn an_idempotent_receiver_gets_everything_the_vendor_counts_as_failed() {
    let scene = Scene::new(outage(3).event(EventPlan::unacknowledged("answered-late", hours_ago(9))));
    scene.reconcile(&["--idempotent"]).ends_with(0).counts("recovered", 4);
    assert_eq!(scene.sandbox.world().failed(&scene.webhook()), Vec::<String>::new());
}

#[test]
fn a_receiver_that_loses_what_it_acknowledges_is_told_of_by_the_next_check() {
    let scene = Scene::new(outage(3).receiver(ReceiverPlan::default().mishandling_all(Mishap::LosesAfterAck)));
    scene.reconcile(&["--max-rounds", "1"]);
    scene.check(&["--include-acknowledged"]).ends_with(10).counts("lost_after_ack", 3);
}

#[test]
fn throttling_is_obeyed_in_every_form() {
    for hint in ["seconds", "date", "body", "none"] {
        let scene = Scene::new(outage(20)).with_fault("throttle-storm=3");
        scene.fault(&format!("throttle-hint={hint}"));
        let ended = scene.reconcile(&[]);
        assert_eq!(ended.code, Some(0), "{hint}: {ended}");
        scene.assert_everything_arrived_once();
    }
}

#[test]
fn under_a_rate_limit_few_calls_are_refused() {
    let scene = Scene::new(outage(100)).with_fault("throttle=20/s");
    scene.reconcile(&[]).ends_with(0);
    let world = scene.sandbox.world();
    let (refused, all) = (world.count_status(429), world.calls().len());
    assert!(refused * 10 < all, "{refused} of {all} calls were refused");
    scene.assert_everything_arrived_once();
}

#[test]
fn a_set_rate_keeps_under_the_limit() {
    let scene = Scene::new(outage(30)).with_fault("throttle=20/s");
    scene.reconcile(&["--rate", "15/s"]).ends_with(0);
    assert_eq!(scene.sandbox.world().count_status(429), 0);
}

#[test]
fn a_used_up_quota_ends_the_run_with_the_time_to_come_back() {
    let scene = Scene::new(outage(5)).with_fault("quota=07:01:20");
    scene.reconcile(&["--deadline", "10s"]).ends_with(12).reports("throttled");
}

#[test]
fn a_vendor_that_is_down_ends_as_unavailable_within_the_deadline() {
    let scene = Scene::new(outage(5)).with_fault("unavailable");
    scene.reconcile(&["--deadline", "5s"]).ends_with(12).reports("provider_unavailable");
    let gone = Scene::new(outage(1));
    let address = gone.sandbox.base_url();
    let scene = Scene::new(outage(1));
    drop(gone);
    let mut command = scene.pointed_at("reconcile", &address);
    command.args(["--format", "json", "--deadline", "5s"]);
    crate::scene::run(&mut command).ends_with(12);
}

#[test]
fn a_vendor_that_never_answers_ends_as_unavailable_at_the_deadline() {
    let scene = Scene::new(outage(5)).with_fault("slow=30000");
    scene.reconcile(&["--deadline", "1s"]).ends_with(12).reports("provider_unavailable");
}

#[test]
fn the_cost_is_one_resend_each_and_about_two_listings_a_slice() {
    let scene = Scene::new(outage(40));
    scene.reconcile(&[]).ends_with(0);
    let world = scene.sandbox.world();
    assert_eq!(world.count(Operation::Resend), 40);
    assert_eq!(world.count(Operation::Get), 0);
    let listings = world.count(Operation::List);
    assert!(listings <= 2 * 3 + 2, "{listings} listings for three slices");
}

#[test]
fn no_more_than_the_allowed_requests_are_in_flight() {
    let scene = Scene::new(outage(30)).with_fault("slow=30");
    scene.reconcile(&["--concurrency", "3"]).ends_with(0);
    assert!(scene.sandbox.world().most_in_flight(Operation::Resend) <= 3);
    assert!(scene.sandbox.world().most_in_flight(Operation::List) <= 3);
}

#[test]
fn a_plan_over_the_cap_sends_nothing() {
    let scene = Scene::new(outage(12));
    scene.reconcile(&["--max-resends", "11"]).ends_with(10).reports("too_many_resends");
    assert_eq!(scene.resends(), 0);
}

#[test]
fn check_and_dry_run_only_read() {
    let scene = Scene::new(outage(5));
    scene.check(&[]).ends_with(10).counts("missing", 5);
    scene.reconcile(&["--dry-run"]).ends_with(0).counts("missing", 5);
    assert!(scene.sandbox.world().calls().iter().all(|call| call.method == "GET"));
}
