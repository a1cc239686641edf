//! Which ids of a list does a received log not hold? hookmend against what a user would else pick.
//!
//! ```text
//! cargo bench --bench received                          64 MiB of each log, about three minutes in all
//! HOOKMEND_BENCH_MIB=1024 cargo bench --bench received  1 GiB of each; needs about 6 GiB of disk
//! cargo bench --bench received -- --only jsonl          one of jsonl, ids, csv, access, gz-1, gz-4,
//!                                                       zst-1, zst-4, words
//! cargo bench --bench received -- --runs 9              more runs (default 3, after one that is not counted)
//! cargo bench --bench received -- --data DIR            where the logs are kept (default: the temporary folder)
//! cargo bench --bench received -- --hookmend PATH       another binary than the one that was just built
//! ```
//!
//! The start of the process and the reading of the list count as well, so that small logs show
//! larger ratios than large ones, with 1,000,000 ids most of all.
//!
//! It builds its logs (the same bytes each time) and keeps them for the next call. Every answer of
//! hookmend is first held against a slow, obvious reader in this file: a row whose answer differs
//! is not timed, and the exit status is 1. Peers that are not installed are named and left out.
//!
//! Runs are interleaved, so that a machine that changes its speed changes it for all; what is
//! printed are medians, as multiples of `cat FILE… >/dev/null` (of the decoder for packed logs) in
//! the same rounds, with the least and the greatest of the rounds, the processor time of all threads
//! likewise, and the largest memory of the process. Logs are in the page cache.

#![allow(clippy::print_stdout, reason = "a benchmark tells its results")]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

mod logs;

use logs::{Kind, Log};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A peer that takes longer than this is run once.
const PATIENCE: Duration = Duration::from_secs(2);
/// A peer that takes longer than this is stopped.
const LIMIT: Duration = Duration::from_secs(20);
/// The size of a log, in MiB, unless the environment says another.
const SIZE: u64 = 64;
const SIZE_VARIABLE: &str = "HOOKMEND_BENCH_MIB";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("the benchmark can't go on: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for on the command line.
struct Choice {
    mib: u64,
    runs: usize,
    only: Option<String>,
    data: PathBuf,
    hookmend: PathBuf,
}

impl Choice {
    fn read() -> Outcome<Self> {
        let mib = match std::env::var(SIZE_VARIABLE) {
            Ok(mib) => mib.parse().map_err(|error| format!("{SIZE_VARIABLE} is no number: {error}"))?,
            Err(_) => SIZE,
        };
        let mut choice = Self {
            mib,
            runs: 3,
            only: None,
            data: std::env::temp_dir().join("hookmend-bench-received"),
            hookmend: env!("CARGO_BIN_EXE_hookmend").into(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--bench" => {}
                "--runs" => choice.runs = value()?.parse()?,
                "--only" => choice.only = Some(value()?),
                "--data" => choice.data = value()?.into(),
                "--hookmend" => choice.hookmend = value()?.into(),
                other => return Err(format!("{other} is not understood; the header of this file tells what is").into()),
            }
        }
        if choice.runs == 0 || choice.mib == 0 {
            return Err("the runs and the size must be at least 1".into());
        }
        if !choice.hookmend.is_file() {
            return Err(format!("{} is missing", choice.hookmend.display()).into());
        }
        fs::create_dir_all(&choice.data)?;
        Ok(choice)
    }
}

fn run() -> Outcome<bool> {
    let choice = Choice::read()?;
    println!("{} MiB a log, {} interleaved runs after one that is not counted", choice.mib, choice.runs);
    let mut all_right = true;
    for kind in Kind::ALL.into_iter().filter(|kind| choice.only.as_deref().is_none_or(|only| only == kind.name())) {
        let log = Log::build(kind, &choice)?;
        for wanted in [10_000, 1_000_000] {
            let list = log.list(wanted, &choice)?;
            all_right &= compare(&log, &list, wanted, &choice)?;
        }
    }
    Ok(all_right)
}

/// One way to answer, or a limit to compare with.
struct Contender {
    name: String,
    command: Command,
    /// Wall time and processor time of each run.
    times: Vec<(Duration, Duration)>,
    peak: Option<u64>,
    /// Whether it is one of those that may take very long.
    is_peer: bool,
    was_stopped: bool,
}

impl Contender {
    /// What it prints goes to a pipe, because grep stops at the first match when nobody reads it.
    fn peer(name: &str, command: Command) -> Self {
        let mut peer = Self { is_peer: true, ..Self::new(name, command) };
        peer.command.stdout(Stdio::piped());
        peer
    }

    fn new(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { name: name.to_owned(), command, times: Vec::new(), peak: None, is_peer: false, was_stopped: false }
    }

    fn time(&mut self) -> Outcome<()> {
        let (started, processor) = (Instant::now(), processor_of_children());
        let mut child = self.command.spawn()?;
        // Ends with the child.
        let drain =
            child.stdout.take().map(|mut output| std::thread::spawn(move || io::copy(&mut output, &mut io::sink())));
        if self.is_peer {
            // A peer is asked whether it is done; hookmend and what it is compared with are waited for.
            while child.try_wait()?.is_none() {
                if started.elapsed() > LIMIT {
                    child.kill()?;
                    self.was_stopped = true;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        } else {
            child.wait()?;
        }
        drop(drain);
        self.times.push((started.elapsed(), processor_of_children().saturating_sub(processor)));
        Ok(())
    }

    /// Runs it once more and watches its memory; the highest mark is kept by the system.
    fn watch(&mut self) -> Outcome<()> {
        let mut child = self.command.stdout(Stdio::null()).spawn()?;
        let status = format!("/proc/{}/status", child.id());
        while child.try_wait()?.is_none() {
            let marks = fs::read_to_string(&status).unwrap_or_default();
            let mark =
                marks.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
            self.peak = self.peak.max(mark);
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// Processor time of all processes that this one waited for, in steps of 10 milliseconds.
fn processor_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks =
        behind_name.split_whitespace().skip(13).take(2).filter_map(|word| word.parse::<u64>().ok()).sum::<u64>();
    Duration::from_millis(ticks * 10)
}

fn installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn contenders(log: &Log, list: &Path, choice: &Choice) -> Vec<Contender> {
    let mut base = log.decoder();
    base.args(&log.files);
    let name = format!("{} >/dev/null", base.get_program().display());
    let mut all = vec![Contender::new(&name, base), Contender::new("hookmend", log.hookmend(list, choice))];
    if let Kind::Gz(_) | Kind::Zst(_) = log.kind {
        let others: &[&[&str]] = match log.kind {
            Kind::Gz(_) => &[&["pigz", "-dc"], &["libdeflate-gunzip", "-c"], &["zcat"]],
            _ => &[],
        };
        for words in others.iter().filter(|words| installed(words[0])) {
            let mut decoder = Command::new(words[0]);
            decoder.args(&words[1..]).args(&log.files);
            all.push(Contender::peer(&words.join(" "), decoder));
        }
        return all;
    }
    let mut count = Command::new("wc");
    count.arg("-l").args(&log.files);
    all.push(Contender::new("wc -l", count));
    let mut absent = Vec::new();
    for program in ["rg", "grep"] {
        if installed(program) {
            let mut search = Command::new(program);
            search.arg("-oFf").arg(list).args(&log.files);
            all.push(Contender::peer(&format!("{program} -oFf (counts ids in other fields)"), search));
        } else {
            absent.push(program);
        }
    }
    match (duck_query(log, list), installed("duckdb")) {
        (Some(query), true) => {
            let mut duck = Command::new("duckdb");
            duck.args(["-c", &query]);
            all.push(Contender::peer("DuckDB anti join", duck));
        }
        (Some(query), false) if python_has_duckdb() => {
            let mut duck = Command::new("python3");
            duck.args(["-c", &format!("import duckdb; duckdb.sql('''{query}''').fetchall()")]);
            all.push(Contender::peer("DuckDB anti join", duck));
        }
        (Some(_), false) => absent.push("duckdb"),
        (None, _) => {}
    }
    if !absent.is_empty() {
        println!("  not installed, left out: {}", absent.join(", "));
    }
    all
}

fn python_has_duckdb() -> bool {
    let probe = Command::new("python3").args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

fn duck_query(log: &Log, list: &Path) -> Option<String> {
    let file = log.files.first()?.display();
    let held = match log.kind {
        Kind::Jsonl | Kind::Words => {
            format!("select event_id from read_ndjson('{file}', columns={{event_id: 'VARCHAR'}})")
        }
        Kind::Ids => {
            format!("select column0 as event_id from read_csv('{file}', header=false, columns={{column0: 'VARCHAR'}})")
        }
        Kind::Csv => format!("select event_id from read_csv('{file}', header=true, all_varchar=true)"),
        Kind::Access => format!(
            "select regexp_extract(line, 'event_id=\"([^\"]*)\"', 1) as event_id from read_csv('{file}', header=false, delim='\\x01', quote='', escape='', columns={{line: 'VARCHAR'}})"
        ),
        Kind::Gz(_) | Kind::Zst(_) => return None,
    };
    let list = list.display();
    let wanted = format!("read_csv('{list}', header=false, columns={{id: 'VARCHAR'}})");
    Some(format!("select id from {wanted} w anti join ({held}) h on w.id = h.event_id"))
}

/// Checks the answer, then times everybody. The answer is whether it was right.
fn compare(log: &Log, list: &Path, wanted: u64, choice: &Choice) -> Outcome<bool> {
    let name = log.kind.name();
    println!("\n{name}, {} MiB in {} lines, {wanted} wanted ids", log.bytes >> 20, log.lines);
    let output = log.hookmend(list, choice).stderr(Stdio::inherit()).output()?;
    let said: HashSet<String> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    let expected = log.absent(list)?;
    if said != expected || output.status.code() != Some(10) {
        println!("  WRONG: {} ids are absent, hookmend says {} ({})", expected.len(), said.len(), output.status);
        return Ok(false);
    }
    println!("  right: {} ids are absent", said.len());
    let mut all = contenders(log, list, choice);
    for round in 0..=choice.runs {
        for contender in &mut all {
            if !contender.is_peer || contender.times.iter().all(|(wall, _)| *wall < PATIENCE) {
                contender.time()?;
            }
        }
        if round == 0 {
            // One that takes long is not run again for the sake of a warm cache.
            all.iter_mut()
                .for_each(|contender| contender.times.retain(|(wall, _)| contender.is_peer && *wall >= PATIENCE));
        }
    }
    for contender in &mut all {
        if contender.times.iter().all(|(wall, _)| *wall < PATIENCE) {
            contender.watch()?;
        }
    }
    let base = summary(&all[0].times, |(wall, _)| *wall).1;
    for contender in &all {
        println!("{}", row(contender, base));
    }
    Ok(true)
}

/// The least, the median and the greatest.
fn summary<T>(of: &[T], what: impl Fn(&T) -> Duration) -> (Duration, Duration, Duration) {
    let mut times: Vec<Duration> = of.iter().map(what).collect();
    times.sort_unstable();
    let at = |place: usize| times.get(place).copied().unwrap_or_default();
    (at(0), at(times.len() / 2), at(times.len().saturating_sub(1)))
}

fn row(contender: &Contender, base: Duration) -> String {
    let ratio = |time: Duration| time.as_secs_f64() / base.as_secs_f64();
    let (least, median, greatest) = summary(&contender.times, |(wall, _)| *wall);
    let processor = summary(&contender.times, |(_, processor)| *processor).1;
    let at_least = if contender.was_stopped { "stopped at" } else { "" };
    let mut row = format!(
        "  {:<40} {at_least:>10} {:>7.2} ({:.2} to {:.2})  processor {:>6.2}  {:>8.3} s",
        contender.name,
        ratio(median),
        ratio(least),
        ratio(greatest),
        ratio(processor),
        median.as_secs_f64()
    );
    if let Some(kib) = contender.peak {
        let _ = write!(row, "  {:>5} MiB", kib >> 10);
    }
    row
}
