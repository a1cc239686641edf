use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::TermLike;

use super::*;
use crate::event::{EventId, WebhookId, Window};
use crate::receipt::LogStats;
use crate::run_report::{Counts, Problem, ProblemKind};

fn hook() -> WebhookId {
    WebhookId::new("w-1").expect("a usable id")
}

fn slice() -> Window {
    let from = chrono::DateTime::from_timestamp(1_772_366_400, 0).expect("a valid instant");
    Window::new(from, from + chrono::TimeDelta::days(1)).expect("a window")
}

fn planned(slices: usize) -> RunEvent {
    RunEvent::SlicesPlanned { webhook: hook(), slices }
}

fn listed(records: u64) -> RunEvent {
    let filter = crate::provider::ListFilter::Failed;
    RunEvent::SliceListed { webhook: hook(), slice: slice(), filter, records }
}

fn attempted(conclusion: Conclusion) -> RunEvent {
    RunEvent::Attempted {
        webhook: hook(),
        event: EventId::new("e\u{1b}[2J").expect("a usable id"),
        canary: false,
        conclusion,
        status_code: Some(200),
        detail: "first\nsecond".into(),
    }
}

fn waiting() -> RunEvent {
    RunEvent::Waiting { wait: Duration::from_secs(30), reason: "throttled by the vendor".into() }
}

fn after(events: &[RunEvent]) -> State {
    let mut state = State::default();
    let now = chrono::DateTime::from_timestamp(1_772_366_400, 0).expect("a valid instant");
    events.iter().for_each(|event| state.take(event, now));
    state
}

#[test]
fn a_receiver_that_is_down_is_said_in_plain_words() {
    let down = RunEvent::ReceiverDown { webhook: hook(), name: "sales\u{1b}[2J".to_owned(), failures: 5 };
    let state = after(&[RunEvent::RoundStarted { round: 1, resends: 40 }, attempted(Conclusion::Refused), down]);
    assert_eq!(state.message(), r"sales\u{1b}[2J: the receiver refuses, so no more is sent to it; 1 refused");
}

#[test]
fn listing_counts_slices_and_records() {
    let state = after(&[planned(3), listed(40), listed(1_200)]);
    assert_eq!((state.phase, state.extent()), (Phase::Listing, (2, 3)));
    assert_eq!(state.message(), "1,240 records");
}

#[test]
fn a_halved_slice_is_done_and_its_halves_are_not() {
    let halved = RunEvent::SliceHalved { webhook: hook(), slice: slice(), reason: "too large".into() };
    let state = after(&[planned(2), listed(1), halved, planned(2)]);
    assert_eq!((state.phase, state.extent()), (Phase::Listing, (2, 4)));
}

#[test]
fn after_the_last_slice_the_log_is_read() {
    let state = after(&[planned(1), listed(1)]);
    assert_eq!(state.phase, Phase::Reading);
    let read = RunEvent::LogRead { wanted: 7, found: 5, stats: LogStats::default() };
    assert_eq!(after(&[planned(1), listed(1), read]).message(), "it holds 5 of 7 ids");
}

#[test]
fn resending_counts_what_was_answered_and_not_what_is_sent_again() {
    let round = RunEvent::RoundStarted { round: 1, resends: 4 };
    let answers = [Conclusion::Accepted, Conclusion::Rejected, Conclusion::Refused, Conclusion::InDoubt];
    let events: Vec<_> = std::iter::once(round).chain(answers.map(attempted)).collect();
    let state = after(&events);
    assert_eq!((state.phase, state.extent()), (Phase::Resending, (3, 4)));
    assert_eq!(state.message(), "1 refused, 1 in doubt, 1 to be confirmed");
}

#[test]
fn an_accepted_resend_is_not_shown_as_recovered_before_it_is_confirmed() {
    let round = RunEvent::RoundStarted { round: 1, resends: 1 };
    let confirmed = RunEvent::Confirmed { round: 1, recovered: 1, outstanding: 0 };
    let sent = [round, attempted(Conclusion::Accepted), planned(1)];
    assert_eq!(after(&sent[..2]).message(), "1 to be confirmed");
    assert_eq!(after(&sent).message(), "0 recovered so far");
    assert_eq!(after(&sent).phase, Phase::Confirming);
    let all: Vec<_> = sent.into_iter().chain([listed(1), confirmed]).collect();
    assert_eq!(after(&all).message(), "1 recovered so far");
}

#[test]
fn a_wait_is_told_in_words_until_something_happens() {
    let short =
        RunEvent::Waiting { wait: Duration::from_secs(2), reason: "throttled by the vendor; it asks for 2 s".into() };
    assert_eq!(after(&[planned(2), short]).message(), "waiting 2.0 s: throttled by the vendor");
    assert_eq!(after(&[planned(2), waiting()]).message(), "waiting until 12:00:30Z: throttled by the vendor");
    assert_eq!(after(&[planned(2), waiting(), listed(1)]).message(), "1 record");
}

/// A terminal that remembers what is on its lines, as far as a progress line needs it.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<Vec<String>>>);

impl Screen {
    fn text(&self) -> String {
        self.0.lock().expect("no thread panicked").join("\n").trim_end().to_owned()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _lines: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _lines: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _columns: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _columns: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> std::io::Result<()> {
        let mut lines = self.0.lock().expect("no thread panicked");
        lines.push(text.to_owned());
        lines.push(String::new());
        Ok(())
    }
    fn write_str(&self, text: &str) -> std::io::Result<()> {
        let mut lines = self.0.lock().expect("no thread panicked");
        match lines.last_mut() {
            Some(line) => line.push_str(text),
            None => lines.push(text.to_owned()),
        }
        Ok(())
    }
    fn clear_line(&self) -> std::io::Result<()> {
        if let Some(line) = self.0.lock().expect("no thread panicked").last_mut() {
            line.clear();
        }
        Ok(())
    }
    fn flush(&self) -> std::io::Result<()> {
        Ok(())
    }
}

fn on_screen() -> (Progress, Screen) {
    let screen = Screen::default();
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let progress = Progress::on(target, Symbols::Ascii);
    // The line moves only when it is told something, so that what is drawn does not hang on the time.
    progress.begun.call_once(|| {});
    (progress, screen)
}

#[test]
fn the_line_is_drawn_and_gone_when_it_is_cleared() {
    let (progress, screen) = on_screen();
    progress.notice(&planned(4));
    progress.notice(&listed(40));
    let drawn = screen.text();
    assert!(drawn.contains("Listing events ====>----------- 1/4  40 records"), "{drawn:?}");
    progress.clear();
    assert_eq!(screen.text(), "");
    progress.notice(&listed(40));
    assert_eq!(screen.text(), "", "nothing is drawn after that");
}

#[test]
fn a_resending_line_shows_rate_and_remaining_time_within_the_width() {
    let (progress, screen) = on_screen();
    progress.notice(&RunEvent::RoundStarted { round: 1, resends: 40 });
    progress.notice(&attempted(Conclusion::Accepted));
    let last = |screen: &Screen| screen.text().lines().last().expect("a line").to_owned();
    let line = last(&screen);
    assert!(line.contains("Resending") && line.contains("1/40  ") && line.contains("/s, "), "{line:?}");
    progress.notice(&RunEvent::Waiting { wait: Duration::from_secs(6), reason: "x\u{1b}[2J".repeat(40) });
    let line = last(&screen);
    assert!(line.contains("1/40  waiting 6.0 s: x\\u{1b}[2J"), "{line:?}");
    assert!(line.chars().count() <= 80, "{line:?}");
    assert!(!line.contains("\u{1b}[2J"), "{line:?}");
}

#[test]
fn diagnostics_are_one_visible_line_each() {
    let verbose = Verbose::new(Vec::new(), Arc::new(Progress::on_stderr(Drawing::Hidden, Symbols::Ascii)));
    let problem = Problem { kind: ProblemKind::Throttled, message: "throttled".into(), hint: "wait".into() };
    let counts = Counts { listed: 1_240, missing: 2, ..Counts::default() };
    let stats = LogStats { lines: 9, unreadable: 1, first_unreadable: Some("log:3".into()), ..LogStats::default() };
    let events = [
        RunEvent::RunStarted { run_id: "r".into(), command: "check".into(), window: slice(), webhooks: vec![hook()] },
        planned(1),
        listed(7),
        RunEvent::SliceHalved { webhook: hook(), slice: slice(), reason: "400".into() },
        RunEvent::LogRead { wanted: 7, found: 5, stats },
        RunEvent::Diffed { webhook: hook(), name: "SaleCreated".into(), counts },
        RunEvent::RoundStarted { round: 1, resends: 2 },
        attempted(Conclusion::InDoubt),
        waiting(),
        RunEvent::Confirmed { round: 1, recovered: 1, outstanding: 1 },
        RunEvent::ProblemFound(problem),
    ];
    events.iter().for_each(|event| verbose.notice(event));
    let text = String::from_utf8(verbose.out.into_inner().expect("no thread panicked")).expect("text");
    insta::assert_snapshot!(text, @r"
    run r: check, events of 2026-03-01 12:00:00Z to 2026-03-02 12:00:00Z, 1 webhook: w-1
    w-1: 1 slice to list
    w-1: listed 2026-03-01 12:00:00Z to 2026-03-02 12:00:00Z, filter failed: 7 records
    w-1: 2026-03-01 12:00:00Z to 2026-03-02 12:00:00Z is asked for again in halves: 400
    received log: 9 lines read, 5 of 7 ids found, 1 line not understood (first: log:3); 0 lines with an id
    SaleCreated (w-1): 1,240 listed, 0 failed, 0 in the log, 2 missing, 0 unacknowledged, 0 lost after ack, 0 too young, 0 unknown
    round 1: 2 events to resend
    w-1: resend of e\u{1b}[2J: in doubt (200): first\nsecond
    waiting 30 s: throttled by the vendor
    round 1: 1 recovered so far, 1 outstanding
    problem (throttled): throttled (hint: wait)
    ");
}

#[test]
fn everyone_is_told_in_order() {
    struct Counting(AtomicUsize);
    impl Monitor for Counting {
        fn notice(&self, _event: &RunEvent) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let (first, second) = (Arc::new(Counting(AtomicUsize::new(0))), Arc::new(Counting(AtomicUsize::new(0))));
    let tee = Tee::new(vec![Arc::clone(&first) as Arc<dyn Monitor>, Arc::clone(&second) as Arc<dyn Monitor>]);
    tee.notice(&planned(1));
    tee.notice(&listed(1));
    assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (2, 2));
}
