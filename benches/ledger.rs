//! How fast the ledger records, and how fast it reads when it has grown.
//!
//! ```text
//! cargo bench --bench ledger                     # in the target folder
//! cargo bench --bench ledger -- /mnt/disk        # on the disk that is to be measured
//! ```
//!
//! The folder may also be named by `HOOKMEND_BENCH_DIR`. It matters: every commit is synchronised, and
//! on a tmpfs that costs nothing. So the same disk is measured bare beside it, and the ratio of the two
//! is what can be compared between machines. `HOOKMEND_BENCH_ATTEMPTS` and `HOOKMEND_BENCH_GROWN`
//! change how much is recorded and read.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::env;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use hookmend::attempt::{AttemptId, AttemptOutcome, Conclusion, KnownBy, ResendRequest, Settlement};
use hookmend::event::{DeliveryStatus, EventId, WebhookId, Window};
use hookmend::ledger::{History, Journal, Ledger, LedgerGuard, RunStart};
use rusqlite::Connection;

/// Resends that are in flight at once.
const IN_FLIGHT: u32 = 16;
/// Attempts that one look at the vendor's list settles.
const SETTLED_TOGETHER: usize = 500;

fn main() -> Result<()> {
    let folder = tempfile::tempdir_in(place()?)?;
    println!("folder: {}", folder.path().display());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let synchronised = synchronise(folder.path())?;
    runtime.block_on(record(folder.path(), synchronised))?;
    runtime.block_on(read_grown(folder.path()))
}

fn place() -> Result<PathBuf> {
    // Cargo adds flags of its own.
    let named = env::args_os().skip(1).find(|argument| !argument.to_string_lossy().starts_with('-'));
    let place = named.or_else(|| env::var_os("HOOKMEND_BENCH_DIR"));
    let place = place.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    fs::create_dir_all(&place).with_context(|| format!("can't use {}", place.display()))?;
    Ok(place)
}

fn number(variable: &str, default: u32) -> u32 {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn per_second(count: impl Into<f64>, took: Duration) -> f64 {
    count.into() / took.as_secs_f64()
}

/// Writes pages and synchronises each, as a journal without any database would; times per second. The
/// place is written over, as SQLite's journal is most of the time.
fn synchronise(folder: &Path) -> Result<f64> {
    const TIMES: u32 = 1_000;
    const PAGE: [u8; 4_096] = [0; 4_096];
    let mut file = File::create(folder.join("bare"))?;
    for _ in 0..TIMES {
        file.write_all(&PAGE)?;
    }
    file.sync_all()?;
    file.rewind()?;
    let started = Instant::now();
    for _ in 0..TIMES {
        file.write_all(&PAGE)?;
        file.sync_data()?;
    }
    let rate = per_second(TIMES, started.elapsed());
    println!("bare: {rate:.0} synchronised pages per second");
    Ok(rate)
}

async fn record(folder: &Path, synchronised: f64) -> Result<()> {
    let attempts = number("HOOKMEND_BENCH_ATTEMPTS", 20_000);
    let ledger = Ledger::at(folder.join("ledger.db"));
    let guard = begin(&ledger).await?;
    let started = Instant::now();
    let guard = resend(guard, attempts).await?;
    let rate = per_second(attempts, started.elapsed());
    println!(
        "record: {rate:.0} attempts per second, {IN_FLIGHT} in flight: intent, outcome and settlement of {attempts}; \
         {:.2} attempts per bare synchronisation",
        rate / synchronised
    );
    drop(guard);

    // As many commits as in the same work while nothing is taken out of the journal.
    let counted = attempts.min(2_000);
    let ledger = Ledger::at(folder.join("counted.db"));
    let guard = begin(&ledger).await?;
    let reader = Connection::open(ledger.path())?;
    reader.execute_batch("BEGIN; SELECT count(*) FROM attempts")?;
    let before = commits(ledger.path())?;
    let guard = resend(guard, counted).await?;
    let commits = commits(ledger.path())? - before;
    let each = f64::from(counted) / f64::from(commits);
    println!("commits: {commits} for {counted} attempts, {each:.1} attempts for each");
    drop((reader, guard));
    Ok(())
}

async fn begin(ledger: &Ledger) -> Result<LedgerGuard> {
    let guard = ledger.lock("bench", now())?;
    guard.record_run_start(run_start()).await?;
    Ok(guard)
}

/// Records attempts against a vendor that answers at once.
async fn resend(guard: LedgerGuard, attempts: u32) -> Result<LedgerGuard> {
    let guard = Arc::new(guard);
    let next = Arc::new(AtomicU32::new(0));
    let mut workers = Vec::new();
    for _ in 0..IN_FLIGHT {
        let (guard, next) = (Arc::clone(&guard), Arc::clone(&next));
        workers.push(tokio::spawn(async move {
            let mut recorded = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= attempts {
                    return anyhow::Ok(recorded);
                }
                let intent = guard.record_intent(request(number)?, now()).await?;
                recorded.push(intent.attempt());
                guard.record_outcome(intent, accepted(), now()).await?;
            }
        }));
    }
    let mut recorded: Vec<AttemptId> = Vec::new();
    for worker in workers {
        recorded.extend(worker.await??);
    }
    for together in recorded.chunks(SETTLED_TOGETHER) {
        let settled = together.iter().map(|attempt| (*attempt, Settlement::Recovered, "listed again".to_owned()));
        guard.settle(settled.collect(), now()).await?;
    }
    Arc::into_inner(guard).context("a worker is still there")
}

/// How many commits the journal beside a ledger holds; its frames are described in SQLite's "Database
/// File Format", section 4.
fn commits(ledger: &Path) -> Result<u32> {
    let journal = fs::read(format!("{}-wal", ledger.display()))?;
    let word = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).and_then(|word| Some(u32::from_be_bytes(word.try_into().ok()?)))
    };
    let page_size = word(&journal, 8).context("no header")? as usize;
    let salt = journal.get(16..24).context("no header")?;
    let frames = journal[32..].chunks_exact(24 + page_size).take_while(|frame| &frame[8..16] == salt);
    Ok(u32::try_from(frames.filter(|frame| word(frame, 4).is_some_and(|pages| pages > 0)).count())?)
}

/// Reads a ledger that has grown for years without being pruned, and prunes it.
async fn read_grown(folder: &Path) -> Result<()> {
    let rows = number("HOOKMEND_BENCH_GROWN", 1_000_000);
    let path = folder.join("grown.db");
    let ledger = Ledger::at(&path);
    drop(begin(&ledger).await?);
    grow(&path, rows)?;
    println!("grown: {rows} settled attempts for as many events, {} MiB", fs::metadata(&path)?.len() >> 20);

    let started = Instant::now();
    let guard = ledger.lock("bench", now())?;
    println!("  lock and check: {:.2?}", started.elapsed());
    for webhook in ["4711", "4712"] {
        let started = Instant::now();
        let known = guard.of_webhook(&WebhookId::new(webhook)?).await?;
        let took = started.elapsed();
        let count = u32::try_from(known.len())?;
        println!("  history of {webhook}: {count} events in {took:.2?}, {:.0} per second", per_second(count, took));
    }
    let event = EventId::new(&event_text(rows / 2))?;
    let started = Instant::now();
    let attempts = guard.reader().attempts_of(&event).await?.len();
    println!("  attempts of one event: {attempts} in {:.2?}", started.elapsed());
    let started = Instant::now();
    let failures = guard.delivery_failures(&WebhookId::new("4711")?, now() - TimeDelta::hours(1)).await?.len();
    println!("  failures of the last hour: {failures} in {:.2?}", started.elapsed());
    let started = Instant::now();
    let runs = guard.reader().runs(20).await?.len();
    println!("  latest runs: {runs} in {:.2?}", started.elapsed());
    let started = Instant::now();
    let removed = guard.prune(now() - TimeDelta::days(3_650)).await?;
    println!("  prune, nothing old: {removed} in {:.2?}", started.elapsed());
    let started = Instant::now();
    let removed = guard.prune(now() - TimeDelta::hours(1)).await?;
    drop(guard);
    let left = fs::metadata(&path)?.len() >> 20;
    println!("  prune, everything old: {removed} in {:.2?}, {left} MiB left", started.elapsed());
    Ok(())
}

/// Fills a ledger past its API, which would take as long as all these resends: a run of 1,000 attempts
/// every ten minutes, the last one two hours ago; a tenth of the events belong to a second webhook.
fn grow(path: &Path, rows: u32) -> Result<()> {
    let connection = Connection::open(path)?;
    connection.execute_batch("BEGIN")?;
    let mut run = connection.prepare(
        "INSERT INTO runs (run_id, command, started_at, finished_at, window_from, window_to, webhooks, outcome, totals) \
         VALUES (?1, 'reconcile', ?2, ?2, 0, 1, '[\"4711\"]', 'clean', '{}')",
    )?;
    let mut attempt = connection.prepare(
        "INSERT INTO attempts (run_id, webhook_id, event_id, event_key, resend_id, created_at, intent_at, runs_before, \
         status_before, conclusion, status_code, runs_after, detail, outcome_at, settlement, settled_at, evidence) \
         VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?5, 1, 'failed', ?6, 200, 2, 'the vendor answered 200', ?5, ?7, ?5, ?8)",
    )?;
    let last = (now() - TimeDelta::hours(2)).timestamp_millis();
    for number in 0..rows {
        let runs_to_come = i64::from((rows - number) / 1_000);
        let (run_id, at) = (format!("run-{:08}", number / 1_000), last - runs_to_come * 600_000);
        if number % 1_000 == 0 {
            run.execute((&run_id, at))?;
        }
        let text = event_text(number);
        let key = [b"u", &uuid::Uuid::parse_str(&text)?.into_bytes()[..]].concat();
        let webhook = if number % 10 == 9 { "4712" } else { "4711" };
        let (conclusion, settlement) =
            if number % 20 == 0 { ("refused", "delivery_failed") } else { ("accepted", "recovered") };
        attempt.execute((run_id, webhook, text, key, at, conclusion, settlement, "listed as delivered"))?;
    }
    drop((run, attempt));
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Ids as vendors give them: in no order.
fn event_text(number: u32) -> String {
    let spread = u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    uuid::Uuid::from_u128(spread).to_string()
}

fn now() -> DateTime<Utc> {
    Utc::now()
}

fn run_start() -> RunStart {
    let started_at = now();
    let day = TimeDelta::days(1);
    let window = Window::new(started_at - day, started_at).expect("a day is not empty");
    let webhooks = vec![WebhookId::new("4711").expect("an id")];
    let asked_by = "a benchmark".to_owned();
    RunStart { run_id: "bench".to_owned(), command: "reconcile".to_owned(), started_at, window, webhooks, asked_by }
}

fn request(number: u32) -> Result<ResendRequest> {
    let event = EventId::new(&event_text(number))?;
    Ok(ResendRequest {
        webhook: WebhookId::new("4711")?,
        event: event.clone(),
        resend_id: event,
        runs_before: Some(1),
        status_before: DeliveryStatus::Failed,
        created_at: Some(now()),
        known_by: KnownBy::Listing,
    })
}

fn accepted() -> AttemptOutcome {
    let detail = "the vendor answered 200 and the event is delivered".to_owned();
    AttemptOutcome { conclusion: Conclusion::Accepted, status_code: Some(200), runs_after: Some(2), detail }
}
