use super::*;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn a_rate_is_a_positive_number() {
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Rate::per_second(wrong), None);
    }
}

#[test]
fn a_set_rate_spaces_requests_evenly() {
    let mut limiter = Limiter::new(Rate::per_second(4.0));
    assert_eq!(limiter.acquire(seconds(0.0)), Duration::ZERO);
    assert_eq!(limiter.acquire(seconds(0.0)), seconds(0.25));
    assert_eq!(limiter.acquire(seconds(0.1)), seconds(0.15));
    assert_eq!(limiter.acquire(seconds(0.25)), Duration::ZERO);
}

#[test]
fn nothing_goes_while_the_vendor_asks_to_wait() {
    let mut limiter = Limiter::new(None);
    assert_eq!(limiter.acquire(seconds(1.0)), Duration::ZERO);
    limiter.throttled(seconds(1.0), seconds(60.0));
    assert_eq!(limiter.acquire(seconds(1.0)), seconds(60.0));
    assert_eq!(limiter.acquire(seconds(61.0)), Duration::ZERO);
}

#[test]
fn the_longest_of_several_waits_counts() {
    let mut limiter = Limiter::new(None);
    limiter.throttled(seconds(1.0), seconds(60.0));
    limiter.throttled(seconds(2.0), seconds(1.0));
    assert_eq!(limiter.acquire(seconds(3.0)), seconds(58.0));
}

/// How a vendor counts.
#[derive(Clone, Copy, Debug)]
enum Counting {
    /// A bucket of so many, filled evenly.
    Bucket(f64),
    /// So many seconds, each such window with its share.
    Window(f64),
}

/// A vendor that lets `rate` requests a second through and asks for waits in whole seconds.
struct Vendor {
    rate: f64,
    counting: Counting,
    left: f64,
    at: f64,
}

impl Vendor {
    fn new(rate: f64, counting: Counting) -> Self {
        Self { rate, counting, left: 0.0, at: f64::NEG_INFINITY }
    }

    fn asks_to_wait(&mut self, now: Duration) -> Option<Duration> {
        let now = now.as_secs_f64();
        let again_at = match self.counting {
            Counting::Bucket(size) => {
                self.left = (self.left + (now - self.at) * self.rate).min(size);
                self.at = now;
                now + (1.0 - self.left) / self.rate
            }
            Counting::Window(length) => {
                let window = (now / length).floor() * length;
                if window > self.at {
                    self.at = window;
                    self.left = self.rate * length;
                }
                window + length
            }
        };
        if self.left >= 1.0 {
            self.left -= 1.0;
            return None;
        }
        Some(seconds((again_at - now).ceil().max(1.0)))
    }
}

/// Sends `wanted` requests and returns how long that took and how many were refused.
fn send(limiter: &mut Limiter, wanted: u32, mut refuses: impl FnMut(Duration) -> Option<Duration>) -> (f64, u32) {
    let (mut now, mut sent, mut refused) = (Duration::ZERO, 0, 0);
    while sent < wanted {
        let wait = limiter.acquire(now);
        if !wait.is_zero() {
            now += wait;
            continue;
        }
        if let Some(wait) = refuses(now) {
            limiter.throttled(now, wait);
            refused += 1;
        } else {
            limiter.passed();
            sent += 1;
        }
        now += seconds(0.001);
    }
    (now.as_secs_f64(), refused)
}

#[test]
fn a_run_settles_just_under_the_vendor_limit_however_it_counts() {
    for rate in [2.0, 5.0, 10.0, 20.0, 50.0] {
        let buckets = [1.0, 3.0, rate, rate * 2.0].map(Counting::Bucket);
        let windows = [1.0, 10.0, 60.0].map(Counting::Window);
        for counting in buckets.into_iter().chain(windows) {
            for seconds_of_work in [30.0, 120.0] {
                let wanted = rate * seconds_of_work;
                let mut vendor = Vendor::new(rate, counting);
                let mut limiter = Limiter::new(None);
                let (took, refused) = send(&mut limiter, wanted as u32, |now| vendor.asks_to_wait(now));
                let what = format!(
                    "{rate}/s, {counting:?}: {took:.1} s for {seconds_of_work} s, {refused} refused of {wanted}"
                );
                assert!(took < seconds_of_work * 1.25 + 8.0, "{what}");
                assert!(f64::from(refused) * 10.0 < wanted, "{what}");
            }
        }
    }
}

#[test]
fn refusals_without_a_reason_slow_a_run_down_to_the_waits_and_no_further() {
    let mut number = 0;
    let every_third = |_| {
        number += 1;
        (number % 3 == 0).then_some(seconds(1.0))
    };
    let (took, refused) = send(&mut Limiter::new(None), 60, every_third);
    assert!(took < 60.0 + f64::from(refused) + 5.0, "{took:.1} s, {refused} refused");
}

fn derived(rate: f64, is_rough: bool) -> Derived {
    Derived { rate, went_well: None, refused: None, passed: 0, is_rough }
}

/// How many requests must go through until the rate is raised, and what is known then.
fn raised(mut derived: Derived) -> (u32, Derived) {
    let rate = derived.rate;
    for passed in 1..1_000 {
        derived.passed += 1;
        derived.raise_when_due();
        if derived.rate > rate {
            return (passed, derived);
        }
    }
    panic!("it was never raised: {derived:?}");
}

#[test]
fn a_rough_rate_is_doubled_soon_and_a_good_one_is_raised_with_care() {
    let is = |rate, went_well, is_rough| Derived { went_well: Some(went_well), ..derived(rate, is_rough) };
    assert_eq!(raised(derived(2.0, true)), (4, is(4.0, 2.0, true)));
    assert_eq!(raised(derived(40.0, true)), (12, is(80.0, 40.0, true)));
    assert_eq!(raised(derived(2.0, false)), (60, is(3.0, 2.0, false)));
}

#[test]
fn a_rate_is_raised_half_way_to_what_was_refused_and_not_by_a_trifle() {
    let (_, half_way) = raised(Derived { refused: Some(3.0), ..derived(2.0, true) });
    assert_eq!(half_way.rate, 2.5);
    let mut close = Derived { refused: Some(2.1), passed: 4, ..derived(2.0, true) };
    close.raise_when_due();
    assert_eq!(close, Derived { refused: Some(2.1), ..derived(2.0, true) }, "it is counted anew");
}

#[test]
fn a_refused_rate_is_lowered_to_what_is_known_to_go_well() {
    let raised = Derived { went_well: Some(2.0), ..derived(4.0, false) };
    let refused_before = Derived { refused: Some(3.5), ..derived(4.0, false) };
    let table = [
        // Known, observed, whether by enough requests, the slowest, and then: the rate, whether it is rough.
        (raised, Some(3.0), true, 0.1, 3.0, false),
        (raised, Some(1.0), true, 0.1, 2.0, false),
        (raised, Some(3.0), false, 0.1, 2.0, false),
        (raised, None, false, 0.1, 2.0, false),
        (derived(4.0, false), Some(1.5), true, 0.1, 1.5, false),
        (derived(4.0, false), Some(1.5), false, 0.1, 1.5, true),
        (derived(4.0, false), Some(9.0), true, 0.1, 4.0 * CAUTION, false),
        (derived(4.0, false), Some(0.1), true, 0.5, 0.5, false),
        (derived(4.0, false), None, false, 0.1, 2.0, true),
        (refused_before, Some(1.0), true, 0.1, 2.0, false),
        (refused_before, Some(3.0), true, 0.1, 3.0, false),
    ];
    for (mut known, observed, is_good_sample, slowest, rate, is_rough) in table {
        let refused = known.refused.map_or(known.rate, |refused| refused.min(known.rate));
        known.passed = 7;
        known.lower(observed, is_good_sample, slowest);
        assert_eq!(
            known,
            Derived { refused: Some(refused), ..derived(rate, is_rough) },
            "{observed:?} {is_good_sample}"
        );
    }
}

/// A limiter of which so many requests went through before it was throttled for the first time.
fn throttled_after(passed: u32, now: f64, wait: f64) -> Limiter {
    let mut limiter = Limiter::new(None);
    (0..passed).for_each(|_| limiter.passed());
    limiter.throttled(seconds(now), seconds(wait));
    limiter
}

#[test]
fn the_first_rate_is_a_little_less_than_what_went_through_until_the_pause_ends() {
    let expected = |rate, is_rough| Some(derived(rate, is_rough));
    assert_eq!(throttled_after(20, 3.0, 5.0).derived, expected(20.0 / 8.0 * CAUTION, false));
    assert_eq!(throttled_after(5, 3.0, 5.0).derived, expected(5.0 / 8.0 * CAUTION, false));
    assert_eq!(throttled_after(4, 3.0, 5.0).derived, expected(4.0 / 8.0 * CAUTION, true));
    assert_eq!(throttled_after(1, 500.0, 100.0).derived, expected(SLOWEST, true));
    assert_eq!(throttled_after(0, 3.0, 5.0).derived, None, "nothing went through");
    assert_eq!(throttled_after(3, 0.0, 0.0).derived, None, "in no time at all");
}

#[test]
fn a_rate_in_force_is_the_lower_of_what_was_set_and_what_was_derived() {
    let limited = |ceiling: Option<f64>| {
        let mut limiter = throttled_after(20, 3.0, 5.0);
        limiter.ceiling = ceiling.and_then(Rate::per_second);
        limiter.rate().map(Rate::as_per_second)
    };
    let rate = 20.0 / 8.0 * CAUTION;
    assert_eq!([limited(None), limited(Some(9.0)), limited(Some(1.0))], [Some(rate), Some(rate), Some(1.0)]);
    assert_eq!(Limiter::new(None).rate(), None);
    assert_eq!(Limiter::new(Rate::per_second(4.0)).rate(), Rate::per_second(4.0));
}

#[test]
fn what_is_refused_together_is_one_refusal_and_what_comes_after_the_pause_is_another() {
    let mut limiter = throttled_after(20, 3.0, 5.0);
    let first = limiter.derived.expect("it is derived");
    limiter.throttled(seconds(7.9), seconds(1.0));
    assert_eq!((limiter.derived, limiter.paused_until()), (Some(first), seconds(8.9)));
    let mut limiter = throttled_after(20, 3.0, 5.0);
    limiter.throttled(seconds(8.0), seconds(1.0));
    // Nothing went through in between, so half of the rate is left.
    let halved = Derived { refused: Some(first.rate), ..derived(first.rate * RETREAT, true) };
    assert_eq!((limiter.derived, limiter.paused_until()), (Some(halved), seconds(9.0)));
    limiter.passed();
    limiter.passed();
    limiter.throttled(seconds(9.0), seconds(1.0));
    // Two went through in the second until the pause ends, which is more than the rate was.
    let observed = Derived { refused: Some(halved.rate), ..derived(halved.rate * CAUTION, true) };
    assert_eq!(limiter.derived, Some(observed));
}

#[test]
fn one_request_after_each_pause_is_never_too_much() {
    for (wait, slowest) in [(4.0, 0.25), (0.5, 1.0), (600.0, SLOWEST)] {
        let mut limiter = throttled_after(1, 1_000.0, 1.0);
        limiter.throttled(seconds(1_001.0), seconds(wait));
        assert_eq!(limiter.derived.map(|derived| derived.rate), Some(slowest), "{wait}");
    }
}

#[test]
fn a_refused_rate_may_be_tried_again_after_a_calm_while() {
    let refused = |seconds_later: f64| {
        let mut limiter = throttled_after(20, 3.0, 5.0);
        limiter.throttled(seconds(8.0), seconds(1.0));
        assert_eq!(limiter.acquire(seconds(8.0 + seconds_later)), Duration::ZERO);
        limiter.derived.expect("it is derived").refused
    };
    assert!(refused(29.9).is_some());
    assert_eq!(refused(30.0), None);
    assert_eq!(Rate::per_second(4.0).map(Rate::interval), Some(seconds(0.25)));
}
