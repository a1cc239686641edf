//! When a run waits, when it asks again, and when it gives a vendor up.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::outcome::Signal;
use crate::provider::{Credential, ProviderError};
use crate::reconcile::Ports;
use crate::reconcile::caller::{Caller, Halt, RequestKind};
use crate::run_report::{Mode, Requests};

use super::world::{Shared, request};

fn failing(status: u16) -> ProviderError {
    ProviderError::Server { status, message: String::new(), retry_after: None }
}

fn throttled(seconds: Option<u64>) -> ProviderError {
    ProviderError::Throttled { retry_after: seconds.map(Duration::from_secs) }
}

fn not_sent() -> ProviderError {
    ProviderError::NotSent { message: "connection refused".to_owned() }
}

fn timed_out() -> ProviderError {
    ProviderError::TimedOut { after: Duration::from_secs(60) }
}

fn ports() -> (Ports, watch::Sender<Option<Signal>>) {
    let (stop, stopped) = watch::channel(None);
    (Shared::new().ports(stopped), stop)
}

/// A caller with so many lanes and so long until the deadline.
fn caller(ports: &Ports, lanes: usize, deadline: u64) -> Caller<'_> {
    let mut asked = request(Mode::Act);
    asked.policy.bounds.concurrency = lanes;
    asked.policy.bounds.deadline = Duration::from_secs(deadline);
    Caller::new(ports, &asked)
}

/// Reads something that is answered with these failures, one after another, and then with success. Returns
/// the answer, and how often it was asked.
async fn read(caller: &Caller<'_>, failures: &[ProviderError]) -> (Result<Result<(), ProviderError>, Halt>, usize) {
    let asked = Cell::new(0);
    let answer = caller
        .read(RequestKind::Get, async || {
            asked.set(asked.get() + 1);
            failures.get(asked.get() - 1).map_or(Ok(()), |error| Err(error.clone()))
        })
        .await;
    (answer, asked.get())
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_give_the_vendor_up_and_an_answer_begins_the_count_anew() {
    let (ports, _stop) = ports();
    for lanes in [1, 2] {
        let caller = caller(&ports, lanes, 3600);
        let borne = 12 * lanes - 1;
        let bear = |failures: usize| (0..failures).all(|_| caller.learn(Some(&failing(500))).is_ok());
        assert!(bear(borne) && caller.vendor_is_failing());
        assert!(caller.learn(None).is_ok() && !caller.vendor_is_failing());
        assert!(bear(borne));
        assert!(caller.learn(Some(&ProviderError::Rejected { status: 400, message: String::new() })).is_ok());
        assert!(bear(borne));
        assert!(matches!(caller.learn(Some(&failing(500))), Err(Halt::Unavailable(_))), "{lanes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_out_weighs_as_much_as_four_failures() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 1, 3600);
    assert!(caller.learn(Some(&timed_out())).is_ok() && caller.learn(Some(&timed_out())).is_ok());
    assert!(matches!(caller.learn(Some(&timed_out())), Err(Halt::Unavailable(_))));
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_was_asked_and_never_answered_is_failing() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 1, 3600);
    assert!(!caller.vendor_is_failing(), "nothing was asked");
    let answer = caller.read_once(RequestKind::List, async { Err::<(), _>(throttled(Some(1))) }).await;
    assert!(answer.is_ok_and(|answer| answer.is_err()));
    assert!(caller.vendor_is_failing());
    assert_eq!(caller.requests(), Requests { list: 1, get: 0, resend: 0 });
    assert!(caller.read_once(RequestKind::List, async { Ok(()) }).await.is_ok());
    assert!(!caller.vendor_is_failing());
    caller.was_not_sent(RequestKind::List);
    assert_eq!(caller.requests(), Requests { list: 1, get: 0, resend: 0 });
}

#[tokio::test(start_paused = true)]
async fn what_ends_a_run_is_told_from_what_concerns_one_request() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 4, 3600);
    let unknown = ProviderError::UnknownPath { message: String::new() };
    assert!(matches!(caller.learn(Some(&unknown)), Err(Halt::Misconfigured(_))), "the address is wrong");
    assert!(caller.learn(None).is_ok());
    assert!(caller.learn(Some(&unknown)).is_ok(), "an address that has answered is right");
    let refused =
        ProviderError::CredentialsRefused { credential: Credential::ApiKey, status: 401, message: String::new() };
    assert!(matches!(caller.learn(Some(&refused)), Err(Halt::CredentialsRefused { .. })));
    let redirected = ProviderError::Redirected { status: 302, target: String::new() };
    assert!(matches!(caller.learn(Some(&redirected)), Err(Halt::Misconfigured(_))));
    assert!(caller.learn(Some(&ProviderError::Unaddressable { message: String::new() })).is_ok());
    assert!(caller.learn(Some(&ProviderError::NotFound { message: String::new() })).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_anybody_behind_it_is_asked_three_times() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 4, 3600);
    for status in [502, 503, 504] {
        let (answer, asked) = read(&caller, &vec![failing(status); 9]).await;
        assert!(answer.is_ok_and(|answer| answer.is_err()));
        assert_eq!(asked, 3, "{status}");
        let (answer, asked) = read(&caller, &[failing(status), failing(status)]).await;
        assert!(answer.is_ok_and(|answer| answer.is_ok()));
        assert_eq!(asked, 3, "{status}");
    }
    for error in [failing(500), failing(501), failing(505), timed_out()] {
        let (answer, asked) = read(&caller, &vec![error; 9]).await;
        assert!(answer.is_ok_and(|answer| answer.is_err()));
        assert_eq!(asked, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_can_not_be_reached_is_tried_six_times() {
    let (ports, _stop) = ports();
    let (answer, asked) = read(&caller(&ports, 4, 3600), &vec![not_sent(); 20]).await;
    assert!(matches!(answer, Err(Halt::Unavailable(_))));
    assert_eq!(asked, 6);
    let (answer, asked) = read(&caller(&ports, 4, 3600), &vec![not_sent(); 5]).await;
    assert!(answer.is_ok_and(|answer| answer.is_ok()));
    assert_eq!(asked, 6);
    // Where the next wait is longer than the run may last, it is given up before.
    let begun = Instant::now();
    let (answer, asked) = read(&caller(&ports, 4, 1), &vec![not_sent(); 20]).await;
    assert!(matches!(answer, Err(Halt::Unavailable(_))));
    assert!(asked < 4 && begun.elapsed() <= Duration::from_secs(1), "{asked} in {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out_however_often() {
    let (ports, _stop) = ports();
    let begun = Instant::now();
    let (answer, asked) = read(&caller(&ports, 4, 3600), &vec![throttled(Some(7)); 30]).await;
    assert!(answer.is_ok_and(|answer| answer.is_ok()));
    assert_eq!(asked, 31);
    assert!(begun.elapsed() >= Duration::from_secs(7 * 30));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_not_said_grows_and_one_of_nothing_is_none() {
    for asked in [None, Some(0)] {
        let (ports, _stop) = ports();
        let begun = Instant::now();
        let (answer, _) = read(&caller(&ports, 4, 36_000), &vec![throttled(asked); 10]).await;
        assert!(answer.is_ok_and(|answer| answer.is_ok()));
        // At least half of 0.5 + 1 + 2 + 4 + 8 + 16 and four times 30 seconds.
        assert!(begun.elapsed() >= Duration::from_secs(75), "{:?}", begun.elapsed());
        assert!(begun.elapsed() <= Duration::from_secs(152), "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_borne_as_long_as_the_run_may_last() {
    let (ports, _stop) = ports();
    let long = caller(&ports, 4, 60);
    assert!(long.learn(Some(&throttled(Some(59)))).is_ok());
    // At the deadline nothing begins any more, so a pause until then is waited for in vain.
    assert!(
        matches!(long.learn(Some(&throttled(Some(60)))), Err(Halt::Throttled { wait, .. }) if wait.as_secs() == 60)
    );
    let asked =
        ProviderError::Server { status: 503, message: String::new(), retry_after: Some(Duration::from_secs(60)) };
    let begun = Instant::now();
    let (answer, asked) = read(&caller(&ports, 4, 60), &[asked]).await;
    assert!(matches!(answer, Err(Halt::Unavailable(_))));
    assert_eq!((asked, begun.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn waits_are_spread_so_that_those_who_failed_together_do_not_come_back_together() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 4, 3600);
    let drawn: Vec<f64> = std::iter::repeat_with(|| caller.jitter()).take(100).collect();
    assert!(drawn.iter().all(|number| (0.0..1.0).contains(number)), "{drawn:?}");
    let early = drawn.iter().filter(|number| **number < 0.5).count();
    assert!((20..80).contains(&early), "{drawn:?}");
}

#[tokio::test(start_paused = true)]
async fn lanes_that_are_throttled_together_wait_as_long_as_one() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 8, 3600);
    assert!((0..8).all(|_| caller.learn(Some(&throttled(None))).is_ok()));
    let begun = Instant::now();
    assert!(read(&caller, &[]).await.0.is_ok());
    // The first wait is half a second, and the next one a second.
    assert!(begun.elapsed() <= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn waits_that_were_said_make_none_longer_that_is_not_said() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 4, 6);
    for _ in 0..4 {
        assert!(caller.learn(Some(&throttled(Some(1)))).is_ok());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_900)).await;
    let too_long = caller.learn(Some(&throttled(None)));
    assert!(
        matches!(too_long, Err(Halt::Throttled { wait, .. }) if wait <= Duration::from_millis(500)),
        "{too_long:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_fails_many_lanes_at_once_has_failed_once() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 8, 3600);
    let begun = Instant::now();
    assert!(read(&caller, &[failing(503), failing(503)]).await.0.is_ok());
    assert!(begun.elapsed() <= Duration::from_secs(1), "two first waits: {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_would_go_after_the_deadline_is_not_waited_for() {
    let (ports, _stop) = ports();
    let short = caller(&ports, 4, 60);
    assert!(matches!(short.learn(Some(&throttled(Some(90)))), Err(Halt::Throttled { .. })));
    let begun = Instant::now();
    let (answer, asked) = read(&short, &[]).await;
    assert!(matches!(answer, Err(Halt::Throttled { wait, .. }) if wait.as_secs() == 90));
    assert_eq!((asked, begun.elapsed()), (0, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_the_first_moment_at_which_nothing_begins() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 4, 10);
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(caller.must_end().is_none());
    assert_eq!(caller.remaining(), Duration::from_secs(1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(matches!(caller.must_end(), Some(Halt::Deadline)));
    assert!(matches!(read(&caller, &[]).await, (Err(Halt::Deadline), 0)));
}

#[tokio::test(start_paused = true)]
async fn after_a_signal_a_resend_is_waited_for_for_a_while() {
    let (ports, stop) = ports();
    let caller = caller(&ports, 4, 3600);
    let begun = Instant::now();
    let never = std::future::pending::<Result<(), ProviderError>>();
    let signal = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        stop.send(Some(Signal::Interrupt)).expect("the caller listens");
    };
    let (answer, ()) = tokio::join!(caller.unless_abandoned(never), signal);
    assert_eq!(answer, Err(ProviderError::TimedOut { after: Duration::from_secs(15) }));
    assert_eq!(begun.elapsed(), Duration::from_secs(15));
    let late = async {
        tokio::time::sleep(Duration::from_secs(9)).await;
        Ok(7)
    };
    assert_eq!(caller.unless_abandoned(late).await, Ok(7));
    assert!(matches!(caller.pause(Duration::from_secs(1)).await, Err(Halt::Stopped(Signal::Interrupt))));
    assert!(matches!(caller.learn(Some(&failing(500))), Err(Halt::Stopped(Signal::Interrupt))));
    assert!(caller.learn(None).is_ok(), "what was answered counts");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_waited_for_longer_the_longer_it_fails() {
    let (ports, _stop) = ports();
    let caller = caller(&ports, 1, 3600);
    let mut waits = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        read(&caller, &vec![failing(503); 9]).await.0.expect("the run goes on").expect_err("it failed");
        waits.push(begun.elapsed());
    }
    // Two waits each, of at least half of: 1 and 2, then 4 and 4 seconds, then 4 and 4.
    assert!(waits[0] >= Duration::from_millis(1_500) && waits[0] <= Duration::from_secs(3), "{waits:?}");
    for later in &waits[1..] {
        assert!(*later >= Duration::from_secs(4) && *later <= Duration::from_secs(8), "{waits:?}");
    }
    let asked =
        ProviderError::Server { status: 503, message: String::new(), retry_after: Some(Duration::from_secs(40)) };
    let begun = Instant::now();
    caller.learn(None).expect("an answer");
    read(&caller, &[asked]).await.0.expect("the run goes on").expect("an answer");
    assert!(
        begun.elapsed() >= Duration::from_secs(40) && begun.elapsed() < Duration::from_secs(41),
        "{:?}",
        begun.elapsed()
    );
}
