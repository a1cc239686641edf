//! A received log in files: opened and understood before the first request, read anew at each look-up.
//!
//! It owns what must stay true of the files between look-ups: none vanishes, none shrinks.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::judge::Judge;
use super::options::{FieldSpec, ReceivedOptions, SourceSpec};
use super::plan::{Layout, Plan, Refusal, examine};
use super::scan::scan;
use super::sources::{FileIdentity, Named, resolve, spool};
use super::{ReceivedError, ReceivedLog};
use crate::receipt::{Coverage, Lookup, WantedIds};

/// A received log made of files, patterns, pipes and standard input.
pub struct FileLog {
    inner: Arc<Inner>,
}

struct Inner {
    options: ReceivedOptions,
    /// The sources that can be read again, as they were named.
    names: Vec<PathBuf>,
    spools: Vec<Spool>,
    known: Mutex<Vec<KnownFile>>,
    description: Vec<String>,
}

/// A stream that was kept.
struct Spool {
    name: String,
    plan: Plan,
    file: Mutex<File>,
}

/// A file that was read, and must be there the next time.
#[derive(Clone, Debug)]
struct KnownFile {
    path: PathBuf,
    identity: FileIdentity,
    length: u64,
    plan: Plan,
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
            known: Vec::new(),
            description: Vec::new(),
        };
        let mut stdin = Some(stdin);
        for source in &options.sources {
            match source {
                SourceSpec::Stdin => match stdin.take() {
                    Some(stdin) => opening.take_stream(Path::new("-"), "standard input", stdin)?,
                    None => return Err(stdin_twice()),
                },
                SourceSpec::Files(name) => opening.take_name(name)?,
            }
        }
        let Opening { names, spools, known, description, .. } = opening;
        Ok(Self { inner: Arc::new(Inner { names, spools, known: Mutex::new(known), description, options }) })
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
        let task = tokio::task::spawn_blocking(move || inner.look_up(&wanted));
        task.await.map_err(|error| ReceivedError::Io { path: "received log".into(), source: io::Error::other(error) })
    }
}

/// What is gathered while the sources are opened.
struct Opening<'o> {
    options: &'o ReceivedOptions,
    names: Vec<PathBuf>,
    spools: Vec<Spool>,
    known: Vec<KnownFile>,
    description: Vec<String>,
}

impl Opening<'_> {
    fn take_name(&mut self, name: &Path) -> Result<(), ReceivedError> {
        match resolve(name)? {
            Named::Stream => {
                let stream = File::open(name).map_err(|source| ReceivedError::Io { path: name.to_owned(), source })?;
                self.take_stream(name, &name.display().to_string(), stream)
            }
            Named::Files(paths) => {
                self.names.push(name.to_owned());
                paths.iter().try_for_each(|path| self.take_file(path))
            }
        }
    }

    fn take_file(&mut self, path: &Path) -> Result<(), ReceivedError> {
        let refused = |refusal| refused(path, refusal);
        let (mut file, identity, length) = open_file(path).map_err(|error| refused(Refusal::Io(error)))?;
        if self.known.iter().any(|known| known.identity == identity) {
            return Ok(());
        }
        let preferred = self.found_ids();
        let plan = examine(&mut file, self.options, &preferred).map_err(refused)?;
        self.description.push(format!("{}: {}", path.display(), plan.why));
        self.known.push(KnownFile { path: path.to_owned(), identity, length, plan });
        Ok(())
    }

    fn take_stream(&mut self, path: &Path, name: &str, stream: impl Read) -> Result<(), ReceivedError> {
        let refused = |refusal| refused(path, refusal);
        let mut file = spool(stream).map_err(|error| refused(Refusal::Io(error)))?;
        let preferred = self.found_ids();
        let plan = examine(&mut file, self.options, &preferred).map_err(refused)?;
        self.description.push(format!("{name}: {}", plan.why));
        self.spools.push(Spool { name: name.to_owned(), plan, file: Mutex::new(file) });
        Ok(())
    }

    fn found_ids(&self) -> Vec<FieldSpec> {
        let of_files = self.known.iter().filter_map(|known| known.plan.found_id.clone());
        of_files.chain(self.spools.iter().filter_map(|spool| spool.plan.found_id.clone())).collect()
    }
}

fn refused(path: &Path, refusal: Refusal) -> ReceivedError {
    let path = path.to_owned();
    match refusal {
        Refusal::Io(source) => ReceivedError::Io { path, source },
        Refusal::Unusable { message, hint } => ReceivedError::Unusable { path, message, hint },
    }
}

fn open_file(path: &Path) -> io::Result<(File, FileIdentity, u64)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let identity = FileIdentity::of(&metadata, path);
    Ok((file, identity, metadata.len()))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking reader left behind is still a list of files, or a file that is rewound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One look-up on its way through the files.
struct Pass<'p, 'w> {
    options: &'p ReceivedOptions,
    judge: Judge<'w>,
    known: Vec<KnownFile>,
    read: HashSet<FileIdentity>,
    damage: Vec<String>,
}

impl Inner {
    fn look_up(&self, wanted: &WantedIds) -> Lookup {
        let known = locked(&self.known).clone();
        let judge = Judge::new(wanted, &self.options);
        let mut pass = Pass { options: &self.options, judge, known, read: HashSet::new(), damage: Vec::new() };
        self.spools.iter().for_each(|spool| pass.read_spool(spool));
        self.names.iter().for_each(|name| pass.read_name(name));
        pass.miss_the_vanished();
        *locked(&self.known) = std::mem::take(&mut pass.known);
        pass.finish()
    }
}

impl Pass<'_, '_> {
    fn read_spool(&mut self, spool: &Spool) {
        let mut file = locked(&spool.file);
        let damage = match file.rewind() {
            Ok(()) => scan(&mut *file, &spool.name, &spool.plan.layout, &mut self.judge),
            Err(error) => Some(format!("{} could not be read again: {error}", spool.name)),
        };
        self.damage.extend(damage);
    }

    fn read_name(&mut self, name: &Path) {
        match resolve(name) {
            Ok(Named::Files(paths)) => paths.iter().for_each(|path| self.read_file(path)),
            Ok(Named::Stream) => self.damage.push(format!("{} is no longer a file", name.display())),
            Err(error) => self.damage.push(error.to_string()),
        }
    }

    fn read_file(&mut self, path: &Path) {
        let shown = path.display();
        let (mut file, identity, length) = match open_file(path) {
            Ok(opened) => opened,
            Err(error) => return self.damage.push(format!("{shown} could not be opened: {error}")),
        };
        if !self.read.insert(identity.clone()) {
            return;
        }
        let plan = match self.plan_of(&mut file, &identity) {
            Ok(plan) => plan,
            Err(refusal) => return self.damage.push(refused(path, refusal).to_string()),
        };
        if let Err(error) = file.rewind() {
            return self.damage.push(format!("{shown} could not be read again: {error}"));
        }
        self.damage.extend(scan(&mut file, &shown.to_string(), &plan.layout, &mut self.judge));
        let shrank = |before: u64| file.metadata().is_ok_and(|now| now.len() < before);
        match self.known.iter_mut().find(|known| known.identity == identity) {
            Some(known) => {
                if length < known.length || shrank(length) {
                    self.damage.push(format!("{shown} shrank while hookmend ran"));
                }
                known.length = known.length.max(length);
                known.plan = plan;
                path.clone_into(&mut known.path);
            }
            None => {
                if shrank(length) {
                    self.damage.push(format!("{shown} shrank while it was read"));
                }
                self.known.push(KnownFile { path: path.to_owned(), identity, length, plan });
            }
        }
    }

    /// A file keeps its plan; one that was empty, or is new since a rotation, is looked at.
    fn plan_of(&self, file: &mut File, identity: &FileIdentity) -> Result<Plan, Refusal> {
        match self.known.iter().find(|known| known.identity == *identity) {
            Some(known) if known.plan.layout != Layout::Empty => Ok(known.plan.clone()),
            _ => {
                let preferred: Vec<FieldSpec> =
                    self.known.iter().filter_map(|known| known.plan.found_id.clone()).collect();
                examine(file, self.options, &preferred)
            }
        }
    }

    fn miss_the_vanished(&mut self) {
        for known in self.known.iter().filter(|known| !self.read.contains(&known.identity)) {
            self.damage
                .push(format!("{} was there when hookmend started and is gone or replaced", known.path.display()));
        }
    }

    fn finish(mut self) -> Lookup {
        let findings = self.judge.finish();
        let since = self.options.since.or(findings.earliest);
        if let (None, Some(field)) = (since, &self.options.time) {
            self.damage.push(format!("no line has a readable time in {:?}", field.as_str()));
        }
        let broken = match &self.damage[..] {
            [] => None,
            [one] => Some(one.clone()),
            [first, others @ ..] => Some(format!("{first} (and {} more)", others.len())),
        };
        Lookup { sightings: findings.sightings, coverage: Coverage { since, broken }, stats: findings.stats }
    }
}
