//! A received log in files: opened and understood before the first request, and looked at again at
//! each look-up.
//!
//! Ids that were asked for before cost only what was appended since; a new one costs the whole log.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::distinct::Count;
use super::judge::{Findings, Judge};
use super::options::{FieldSpec, ReceivedOptions, SourceSpec};
use super::pass::{Extent, Files, Pass};
use super::plan::{Plan, Refusal, examine};
use super::records::{FileRecord, OpenFile};
use super::sources::{Named, patiently, resolve, spool};
use super::survey::{SourceSurvey, Survey};
use super::unused_status::{self, UnusedStatus};
use super::{ReceivedError, ReceivedLog, refused};
use crate::event::Window;
use crate::receipt::{Lookup, Sighting, Unlisted, WantedIds};

/// A received log made of files, patterns, pipes and standard input.
pub struct FileLog {
    inner: Arc<Inner>,
}

struct Inner {
    options: ReceivedOptions,
    /// The sources that can be read again, as they were named.
    names: Vec<PathBuf>,
    spools: Vec<Spool>,
    memory: Mutex<Memory>,
    description: Vec<String>,
}

/// A stream that was kept.
struct Spool {
    name: String,
    open: OpenFile,
}

/// What is remembered between look-ups.
struct Memory {
    files: Files,
    /// One for each kept stream.
    kept: Vec<FileRecord>,
    /// The ids of the last look-up that read everything, and what was seen of them since.
    answered: Option<(Arc<WantedIds>, Vec<Sighting>)>,
}

impl FileLog {
    /// Opens the sources and finds out how each is to be read. Standard input is read to its end.
    ///
    /// # Errors
    /// When a source is missing, is no text, or lacks a field that was named.
    pub fn open(options: ReceivedOptions) -> Result<Self, ReceivedError> {
        Self::open_with_stdin(options, io::stdin().lock())
    }

    /// Like [`FileLog::open`], with something else in the place of standard input.
    ///
    /// # Errors
    /// As [`FileLog::open`].
    pub fn open_with_stdin(options: ReceivedOptions, stdin: impl Read) -> Result<Self, ReceivedError> {
        let mut opening = Opening {
            options: &options,
            names: Vec::new(),
            spools: Vec::new(),
            kept: Vec::new(),
            records: Vec::new(),
            description: Vec::new(),
        };
        let mut stdin = Some(stdin);
        for source in &options.sources {
            match source {
                SourceSpec::Stdin => match stdin.take() {
                    Some(stdin) => opening.take_stream(Path::new("-"), "standard input", stdin)?,
                    None => return Err(stdin_twice()),
                },
                SourceSpec::Files(name) => patiently(name, || opening.take_name(name))?,
            }
        }
        let Opening { names, spools, kept, records, description, .. } = opening;
        let memory = Memory { files: Files { records, lost: Vec::new() }, kept, answered: None };
        Ok(Self { inner: Arc::new(Inner { names, spools, memory: Mutex::new(memory), description, options }) })
    }

    /// Says which of the wanted ids the log holds; it may take as long as reading the whole log.
    pub fn ask(&self, wanted: &Arc<WantedIds>) -> Lookup {
        self.inner.look_up(wanted)
    }

    /// The id field that was found in the first file that has one, if none was named.
    pub fn found_field(&self) -> Option<FieldSpec> {
        let memory = locked(&self.inner.memory);
        memory.kept.iter().chain(&memory.files.records).find_map(|record| record.plan.found_id.clone())
    }

    /// Reads the whole log and tells what it holds, source by source.
    pub fn survey(&self) -> Survey {
        self.inner.survey()
    }
}

fn stdin_twice() -> ReceivedError {
    ReceivedError::Unusable {
        path: "-".into(),
        message: "standard input can be read once".to_owned(),
        hint: "give --received - once".to_owned(),
    }
}

#[async_trait]
impl ReceivedLog for FileLog {
    fn describe(&self) -> Vec<String> {
        self.inner.description.clone()
    }

    fn is_live(&self) -> bool {
        self.inner.spools.is_empty()
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let inner = Arc::clone(&self.inner);
        beside_the_runtime(move || inner.look_up(&wanted)).await
    }

    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError> {
        let inner = Arc::clone(&self.inner);
        beside_the_runtime(move || inner.audit(&listed, window)).await
    }
}

/// Reads files where that keeps nobody waiting.
async fn beside_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ReceivedError> {
    let task = tokio::task::spawn_blocking(work);
    task.await.map_err(|error| ReceivedError::Io { path: "received log".into(), source: io::Error::other(error) })
}

/// What is gathered while the sources are opened.
struct Opening<'o> {
    options: &'o ReceivedOptions,
    names: Vec<PathBuf>,
    spools: Vec<Spool>,
    kept: Vec<FileRecord>,
    records: Vec<FileRecord>,
    description: Vec<String>,
}

impl Opening<'_> {
    fn take_name(&mut self, name: &Path) -> Result<(), ReceivedError> {
        match resolve(name)? {
            Named::Stream => {
                let stream =
                    std::fs::File::open(name).map_err(|source| ReceivedError::Io { path: name.to_owned(), source })?;
                self.take_stream(name, &name.display().to_string(), stream)
            }
            Named::Files(paths) => {
                paths.iter().try_for_each(|path| self.take_file(path))?;
                self.names.push(name.to_owned());
                Ok(())
            }
        }
    }

    fn take_file(&mut self, path: &Path) -> Result<(), ReceivedError> {
        let open = OpenFile::open(path).map_err(|error| refused(path, Refusal::Io(error)))?;
        if self.records.iter().any(|record| record.identity == open.identity) {
            return Ok(());
        }
        let plan = self.plan(path, &open)?;
        self.description.push(format!("{}: {}", path.display(), plan.why));
        self.records.push(FileRecord::new(path, &open, plan));
        Ok(())
    }

    fn take_stream(&mut self, path: &Path, name: &str, stream: impl Read) -> Result<(), ReceivedError> {
        let kept = spool(path, stream)?;
        let open = OpenFile::kept(kept, path).map_err(|error| refused(path, Refusal::Io(error)))?;
        let plan = self.plan(path, &open)?;
        self.description.push(format!("{name}: {}", plan.why));
        self.kept.push(FileRecord::new(Path::new(name), &open, plan));
        self.spools.push(Spool { name: name.to_owned(), open });
        Ok(())
    }

    fn plan(&self, path: &Path, open: &OpenFile) -> Result<Plan, ReceivedError> {
        let found = self.records.iter().chain(&self.kept).filter_map(|record| record.plan.found_id.clone());
        let preferred: Vec<FieldSpec> = found.collect();
        examine(&open.file, open.packing, self.options, &preferred).map_err(|refusal| refused(path, refusal))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking reader left behind was not changed: memory is replaced only at the end.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    fn look_up(&self, asked: &Arc<WantedIds>) -> Lookup {
        let mut memory = locked(&self.memory);
        let answered = memory.answered.take().filter(|(wanted, _)| includes(wanted, asked));
        let (wanted, before) = match answered {
            Some((wanted, sightings)) => (wanted, Some(sightings)),
            None => (Arc::clone(asked), None),
        };
        let mut judge = Judge::new(&wanted, &self.options);
        let extent = match &before {
            Some(sightings) => {
                judge.remember(sightings);
                Extent::Appended
            }
            None => Extent::Whole,
        };
        let (judge, passed) = self.pass(&mut memory, extent, judge);
        let Findings { lasting, now } = judge.finish();
        let sightings = if Arc::ptr_eq(&wanted, asked) { now } else { chosen(&wanted, &now, asked) };
        memory.answered = Some((wanted, lasting));
        let stats = passed.1.stats(passed.2);
        Lookup { sightings, coverage: passed.0, stats }
    }

    /// Reads what is needed and remembers how far that was.
    fn pass<'w>(&self, memory: &mut Memory, extent: Extent, judge: Judge<'w>) -> (Judge<'w>, Answer) {
        let mut kept = memory.kept.clone();
        let mut pass = Pass::new(&self.options, extent, judge, memory.files.clone());
        for (spool, record) in self.spools.iter().zip(&mut kept) {
            pass.read_kept(&spool.open, record, &spool.name);
        }
        pass.read_names(&self.names);
        let (judge, passed) = pass.finish(&kept);
        memory.files = passed.files;
        memory.kept = kept;
        (judge, (passed.coverage, passed.story, passed.bytes))
    }

    /// What a status field that is not used says in a file, if that is still there.
    fn unused_status(&self, record: &FileRecord) -> Option<UnusedStatus> {
        record.plan.unused_status.as_ref()?;
        let open = OpenFile::open(&record.path).ok().filter(|open| open.identity == record.identity)?;
        unused_status::look(&open, &record.plan, &self.options)
    }

    /// Reads everything, since every id must be seen.
    fn audit(&self, listed: &Arc<WantedIds>, window: Window) -> (Lookup, Unlisted) {
        let mut memory = locked(&self.memory);
        let mut judge = Judge::new(listed, &self.options);
        judge.gather_others(window);
        let (mut judge, (coverage, story, bytes)) = self.pass(&mut memory, Extent::Whole, judge);
        let unlisted = judge.take_others();
        let Findings { lasting, now } = judge.finish();
        memory.answered = Some((Arc::clone(listed), lasting));
        (Lookup { sightings: now, coverage, stats: story.stats(bytes) }, unlisted)
    }

    fn survey(&self) -> Survey {
        let mut memory = locked(&self.memory);
        let wanted = WantedIds::default();
        let mut judge = Judge::new(&wanted, &self.options);
        judge.count_distinct();
        // The sightings of earlier look-ups belong to files as they were then.
        memory.answered = None;
        let (mut judge, (coverage, story, bytes)) = self.pass(&mut memory, Extent::Whole, judge);
        let kept = self.spools.iter().zip(&memory.kept).map(|(spool, record)| {
            SourceSurvey::of(record, unused_status::look(&spool.open, &record.plan, &self.options))
        });
        let files = memory.files.records.iter().map(|record| SourceSurvey::of(record, self.unused_status(record)));
        let sources = kept.chain(files).collect();
        let distinct = judge.distinct().map_or(Count::default(), |distinct| distinct.all());
        Survey { sources, distinct, coverage, stats: story.stats(bytes) }
    }
}

/// The coverage, all stories together, and the bytes that were read.
type Answer = (crate::receipt::Coverage, super::story::Story, u64);

/// Whether every id that is asked for was asked for before.
fn includes(wanted: &Arc<WantedIds>, asked: &Arc<WantedIds>) -> bool {
    Arc::ptr_eq(wanted, asked) || asked.ids().all(|id| wanted.number_of(id.key()).is_some())
}

/// The sightings of those that are asked for.
fn chosen(wanted: &WantedIds, sightings: &[Sighting], asked: &WantedIds) -> Vec<Sighting> {
    let sighting = |number: u32| sightings.get(number as usize).copied();
    asked.ids().map(|id| wanted.number_of(id.key()).and_then(sighting).unwrap_or_default()).collect()
}
