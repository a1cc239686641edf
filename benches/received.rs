//! Which ids of a list does a received log not hold? hookmend against what a user would else pick.
//!
//! ```text
//! cargo bench --bench received                     1 GiB of each log; needs about 5 GiB of disk
//! cargo bench --bench received -- --mib 128        smaller logs
//! cargo bench --bench received -- --only jsonl     one of jsonl, ids, csv, access, gz, zst, words
//! cargo bench --bench received -- --runs 9         more runs (default 5, after one that is not counted)
//! cargo bench --bench received -- --data DIR       where the logs are kept (default: the temporary folder)
//! cargo bench --bench received -- --hookmend PATH  another binary than the one beside this benchmark
//! ```
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
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How many packed files one log is made of.
const PACKED_FILES: u64 = 4;
/// A peer that takes longer than this is run once.
const PATIENCE: Duration = Duration::from_secs(5);
const ACCESS_PATTERN: &str = r#"event_id="(?<id>[^"]*)""#;

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
        // This benchmark lies in target/release/deps.
        let beside = std::env::current_exe()?.ancestors().nth(2).map(|folder| folder.join("hookmend"));
        let mut choice = Self {
            mib: 1024,
            runs: 5,
            only: None,
            data: std::env::temp_dir().join("hookmend-bench-received"),
            hookmend: beside.unwrap_or_default(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--bench" => {}
                "--mib" => choice.mib = value()?.parse()?,
                "--runs" => choice.runs = value()?.parse()?,
                "--only" => choice.only = Some(value()?),
                "--data" => choice.data = value()?.into(),
                "--hookmend" => choice.hookmend = value()?.into(),
                other => return Err(format!("{other} is not understood; the header of this file tells what is").into()),
            }
        }
        if choice.runs == 0 || choice.mib == 0 {
            return Err("--runs and --mib must be at least 1".into());
        }
        if !choice.hookmend.is_file() {
            return Err(format!("{} is missing: cargo build --release", choice.hookmend.display()).into());
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

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Jsonl,
    Ids,
    Csv,
    Access,
    Gz,
    Zst,
    /// JSON lines whose ids are no UUIDs.
    Words,
}

impl Kind {
    const ALL: [Self; 7] = [Self::Jsonl, Self::Ids, Self::Csv, Self::Access, Self::Gz, Self::Zst, Self::Words];

    fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Ids => "ids",
            Self::Csv => "csv",
            Self::Access => "access",
            Self::Gz => "gz",
            Self::Zst => "zst",
            Self::Words => "words",
        }
    }

    /// The id of the event with this number.
    fn id(self, number: u64) -> String {
        let mut numbers = Numbers(number.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x5bd1_e995);
        let (high, low) = (numbers.next(), numbers.next());
        match self {
            Self::Words => format!("evt_{}", &format!("{high:016x}{low:016x}")[..24]),
            Self::Jsonl | Self::Ids | Self::Csv | Self::Access | Self::Gz | Self::Zst => format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xfff,
                0x8000 | low >> 48 & 0x3fff,
                low & 0xffff_ffff_ffff
            ),
        }
    }

    /// The line of the event with this number. Another id stands in it too, as in real logs.
    fn line(self, number: u64, line: &mut String) {
        let (id, mut numbers) = (self.id(number), Numbers(number));
        let (other, noise) = (self.id(number ^ 0x8000_0000_0000), numbers.next());
        let second = number / 200;
        let time = format!(
            "2026-11-{:02}T{:02}:{:02}:{:02}",
            1 + second / 86400 % 28,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        );
        let status = if noise % 50 == 0 { 500 } else { 200 };
        let (millis, shop) = (noise >> 8 & 0x3ff, noise >> 20 & 0xff);
        // Writing to a text can't fail.
        let _ = match self {
            Self::Ids => writeln!(line, "{id}"),
            Self::Csv => writeln!(line, "{time}Z,{id},{status},{millis},shop-{shop},order.updated"),
            Self::Access => writeln!(
                line,
                "10.0.{shop}.7 - - [{:02}/Nov/2026:{} +0000] \"POST /hooks/{shop} HTTP/1.1\" {status} {millis} \"-\" \"Vendor-Hooks/2.1 ({other})\" event_id=\"{id}\" rt=0.{millis}",
                1 + second / 86400 % 28,
                &time[11..]
            ),
            Self::Jsonl | Self::Gz | Self::Zst | Self::Words => writeln!(
                line,
                "{{\"time\":\"{time}.{millis:03}Z\",\"level\":\"info\",\"msg\":\"webhook received\",\"event_id\":\"{id}\",\"status\":{status},\"request\":{{\"id\":\"{other}\",\"path\":\"/hooks/{shop}\",\"bytes\":{}}},\"duration_ms\":{millis}}}",
                noise >> 40
            ),
        };
    }

    /// The id that a line says was received, told the slow way.
    fn id_of(self, line: &str) -> Option<String> {
        match self {
            Self::Ids => Some(line.to_owned()),
            Self::Csv => line.split(',').nth(1).map(str::to_owned),
            Self::Access => {
                // In an access log only what was answered with 2xx was received.
                line.split_once("HTTP/1.1\" 2")?;
                let (_, behind) = line.split_once(" event_id=\"")?;
                behind.split_once('"').map(|(id, _)| id.to_owned())
            }
            Self::Jsonl | Self::Gz | Self::Zst | Self::Words => {
                let document: serde_json::Value = serde_json::from_str(line).ok()?;
                document.get("event_id")?.as_str().map(str::to_owned)
            }
        }
    }
}

/// A log on disk.
struct Log {
    kind: Kind,
    files: Vec<PathBuf>,
    bytes: u64,
    lines: u64,
}

impl Log {
    fn build(kind: Kind, choice: &Choice) -> Outcome<Self> {
        // The rows of a list of ids are short, so that half as much of it is as hard.
        let bytes = (choice.mib << 20) / if kind == Kind::Ids { 2 } else { 1 };
        let files = match kind {
            Kind::Gz | Kind::Zst => PACKED_FILES,
            Kind::Jsonl | Kind::Ids | Kind::Csv | Kind::Access | Kind::Words => 1,
        };
        let path = |number: u64| choice.data.join(format!("1-{}-{}-{number}.log", kind.name(), choice.mib));
        let mut log = Self { kind, files: (0..files).map(path).collect(), bytes: 0, lines: 0 };
        let mut text = String::new();
        for path in log.files.clone() {
            let is_there = path.exists();
            let partial = path.with_extension("partial");
            let mut file =
                if is_there { None } else { Some(BufWriter::with_capacity(1 << 20, File::create(&partial)?)) };
            let end = log.bytes + bytes / files;
            while log.bytes < end {
                text.clear();
                kind.line(log.lines, &mut text);
                if kind == Kind::Csv && log.lines == 0 {
                    text.insert_str(0, "time,event_id,status,ms,shop,type\n");
                }
                log.lines += 1;
                log.bytes += text.len() as u64;
                file.iter_mut().try_for_each(|file| file.write_all(text.as_bytes()))?;
            }
            if let Some(mut file) = file {
                file.flush()?;
                pack(kind, &partial)?;
                fs::rename(&partial, &path)?;
            }
        }
        Ok(log)
    }

    /// A list of ids, of which 19 in 20 are in the log.
    fn list(&self, wanted: u64, choice: &Choice) -> Outcome<PathBuf> {
        let path = choice.data.join(format!("1-{}-{}-wanted-{wanted}", self.kind.name(), choice.mib));
        let mut numbers = Numbers(wanted);
        let mut ids = BufWriter::new(File::create(&path)?);
        for number in 0..wanted {
            let event = numbers.next() % self.lines;
            let id = if number % 20 == 0 { self.kind.id(u64::MAX - number) } else { self.kind.id(event) };
            writeln!(ids, "{id}")?;
        }
        ids.flush()?;
        Ok(path)
    }

    /// The ids of a list that the log does not hold, told the slow way.
    fn absent(&self, list: &Path) -> Outcome<HashSet<String>> {
        let mut absent: HashSet<String> = fs::read_to_string(list)?.lines().map(str::to_owned).collect();
        for path in &self.files {
            let mut command = self.decoder();
            let mut child = command.arg(path).stdout(Stdio::piped()).spawn()?;
            let output = child.stdout.take().ok_or("the decoder has no output")?;
            for line in BufReader::with_capacity(1 << 20, output).lines() {
                self.kind.id_of(&line?).iter().for_each(|id| {
                    absent.remove(id);
                });
            }
            child.wait()?;
        }
        Ok(absent)
    }

    /// What prints the log and does nothing else.
    fn decoder(&self) -> Command {
        let (program, flags): (_, &[&str]) = match self.kind {
            Kind::Gz => ("gzip", &["-dc"]),
            Kind::Zst => ("zstd", &["-dcq"]),
            Kind::Jsonl | Kind::Ids | Kind::Csv | Kind::Access | Kind::Words => ("cat", &[]),
        };
        let mut command = Command::new(program);
        command.args(flags);
        command
    }

    fn hookmend(&self, list: &Path, choice: &Choice) -> Command {
        let mut command = Command::new(&choice.hookmend);
        command.arg("received").arg("--absent-of").arg(list);
        if self.kind == Kind::Access {
            command.args(["--received-id", ACCESS_PATTERN]);
        }
        command.args(&self.files);
        // Nobody's own settings take part.
        command.env_clear().env("HOME", &choice.data).current_dir(&choice.data);
        command
    }
}

/// Packs a file in place, with the tool of the packing.
fn pack(kind: Kind, path: &Path) -> Outcome<()> {
    let (program, flags): (_, &[&str]) = match kind {
        Kind::Gz => ("gzip", &["-c", "-4"]),
        Kind::Zst => ("zstd", &["-cq", "-3"]),
        Kind::Jsonl | Kind::Ids | Kind::Csv | Kind::Access | Kind::Words => return Ok(()),
    };
    let packed = path.with_extension("packed");
    let status = Command::new(program).args(flags).arg(path).stdout(File::create(&packed)?).status()?;
    if !status.success() {
        return Err(format!("{program} could not pack {}", path.display()).into());
    }
    fs::rename(packed, path)?;
    Ok(())
}

/// One way to answer, or a limit to compare with.
struct Contender {
    name: String,
    command: Command,
    /// Wall time and processor time of each run.
    times: Vec<(Duration, Duration)>,
    peak: Option<u64>,
}

impl Contender {
    fn new(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { name: name.to_owned(), command, times: Vec::new(), peak: None }
    }

    fn time(&mut self) -> Outcome<()> {
        let (started, processor) = (Instant::now(), processor_of_children());
        self.command.status()?;
        self.times.push((started.elapsed(), processor_of_children().saturating_sub(processor)));
        Ok(())
    }

    /// Runs it once more and watches its memory; the highest mark is kept by the system.
    fn watch(&mut self) -> Outcome<()> {
        let mut child = self.command.spawn()?;
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
    if matches!(log.kind, Kind::Gz | Kind::Zst) {
        return all;
    }
    let mut count = Command::new("wc");
    count.arg("-l").args(&log.files);
    all.push(Contender::new("wc -l", count));
    let mut absent = Vec::new();
    if installed("rg") {
        let mut search = Command::new("rg");
        search.args(["-oFf"]).arg(list).args(&log.files);
        all.push(Contender::new("rg -oFf (counts ids in other fields)", search));
    } else {
        absent.push("rg");
    }
    match (duck_query(log, list), installed("duckdb")) {
        (Some(query), true) => {
            let mut duck = Command::new("duckdb");
            duck.args(["-c", &query]);
            all.push(Contender::new("DuckDB anti join", duck));
        }
        (Some(query), false) if python_has_duckdb() => {
            let mut duck = Command::new("python3");
            duck.args(["-c", &format!("import duckdb; duckdb.sql('''{query}''').fetchall()")]);
            all.push(Contender::new("DuckDB anti join", duck));
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
        Kind::Gz | Kind::Zst => return None,
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
            if round <= 1 || contender.times.iter().all(|(wall, _)| *wall < PATIENCE) {
                contender.time()?;
            }
        }
        if round == 0 {
            // One that takes long is not run again for the sake of a warm cache.
            all.iter_mut().for_each(|contender| contender.times.retain(|(wall, _)| *wall >= PATIENCE));
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
    let mut row = format!(
        "  {:<40} {:>7.2} ({:.2} to {:.2})  processor {:>6.2}  {:>8.3} s",
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
