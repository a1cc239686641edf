//! Finds out how text lines are to be read: their shape, and where the fields are that the user
//! named or that are recognised.

use std::collections::BTreeMap;
use std::io::Read;

use uuid::Uuid;

use super::access::{Access, NAMES};
use super::detect::Sample;
use super::lines::{Line, LineReader};
use super::options::{FieldSpec, ReceivedOptions};
use super::pairs::{Value, Word, Words};
use super::pattern::{LinePattern, NotAPattern, looks_like_a_pattern};
use super::plan::{Refusal, fields_in_words, lacks_field, no_id_field};
use super::record::{Reading, Record, RecordReader};
use super::scan::BOM;
use super::text::{IdField, Shape, TextField, TextLayout, TextReader};
use super::well_known::{ID_FIELDS, STATUS_FIELDS};

const MOST_NAMES: usize = 40;

/// How the lines are read, and why.
pub(super) struct TextChoice {
    /// Where the fields are.
    pub(super) layout: TextLayout,
    /// The id field, if it was found rather than named.
    pub(super) found_id: Option<FieldSpec>,
    /// A field that seems to hold the status code and is not used.
    pub(super) unused_status: Option<FieldSpec>,
    /// The choice in words.
    pub(super) why: String,
}

/// The shape that most lines have.
pub(super) fn shape_of(sample: &Sample) -> Shape {
    let most = |is_it: &dyn Fn(&[u8]) -> bool| {
        let count = sample.lines.iter().filter(|line| is_it(line.trim_ascii())).count();
        count * 2 > sample.lines.len()
    };
    if most(&|line| Access::parse(line).is_some()) {
        Shape::Access
    } else if most(&|line| are_pairs(line)) {
        Shape::Pairs
    } else {
        Shape::Free
    }
}

/// The shape of those lines that have a field of this name, if there are any.
fn shape_with(sample: &Sample, name: &str) -> Shape {
    let has_name = |shape: Shape| {
        let mut names = Names::default();
        sample.lines.iter().for_each(|line| names.take(shape, line.trim_ascii()));
        names.seen.contains_key(name)
    };
    [Shape::Access, Shape::Pairs].into_iter().find(|shape| has_name(*shape)).unwrap_or(Shape::Free)
}

/// Whether a line is made of pairs for the most part.
fn are_pairs(line: &[u8]) -> bool {
    let (mut pairs, mut others, mut is_alone) = (0_usize, 0_usize, false);
    for word in Words::of(line) {
        match word {
            Ok(Word::Pair(key, value)) if is_key(key) => {
                pairs += 1;
                is_alone = is_meant(value);
            }
            Ok(_) => others += 1,
            Err(_) => return false,
        }
    }
    pairs > others && (pairs >= 2 || is_alone)
}

fn is_key(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-@".contains(byte))
}

/// Whether a line that has nothing but this value behind a key is neither an id that ends in the padding of
/// base64 nor a row of a table.
fn is_meant(value: Value<'_>) -> bool {
    let Value::Bare(text) = value else { return true };
    !matches!(text, b"" | b"=") && memchr::memchr2(b',', b';', text).is_none()
}

/// Finds the fields of text lines. `stream` is the whole file: a name that the first lines lack is
/// looked for further.
pub(super) fn choose(
    sample: &Sample,
    stream: impl Read,
    options: &ReceivedOptions,
    preferred: &[FieldSpec],
) -> Result<TextChoice, Refusal> {
    let mut shape = shape_of(sample);
    if let (Shape::Free, Some(id)) = (shape, &options.id) {
        shape = shape_with(sample, id.as_str());
    }
    let mut names = Names::default();
    sample.lines.iter().for_each(|line| names.take(shape, line.trim_ascii()));
    let mut choosing = Choosing { shape, names, options };
    let (id, found_id, how) = choosing.id(preferred)?;
    let status = choosing.other("status", options.status.as_ref(), &id)?;
    let time = choosing.other("time", options.time.as_ref(), &id)?;
    let layout = TextLayout { shape, id, status, time };
    choosing.names.require(&layout, shape, stream)?;
    let why = choosing.in_words(&layout, how, sample);
    let unused = choosing.known_status().filter(|_| layout.status.is_none()).map(FieldSpec::known);
    Ok(TextChoice { layout, found_id, unused_status: unused, why })
}

struct Choosing<'o> {
    shape: Shape,
    names: Names,
    options: &'o ReceivedOptions,
}

impl Choosing<'_> {
    fn id(&self, preferred: &[FieldSpec]) -> Result<(IdField, Option<FieldSpec>, &'static str), Refusal> {
        match &self.options.id {
            Some(spec) if self.shape == Shape::Free || looks_like_a_pattern(spec.as_str()) => {
                let pattern =
                    LinePattern::new(spec.as_str(), "id").map_err(|reason| no_pattern("id", spec, &reason))?;
                Ok((IdField::Pattern(pattern), None, "as it was said"))
            }
            Some(spec) => Ok((IdField::Named(spec.clone()), None, "as it was said")),
            None if self.shape == Shape::Free => Err(Refusal::unusable(
                "its lines are neither an access log nor key=value pairs, so only a pattern can find the id",
                "give a regular expression with a group, for instance --received-id 'event=(?<id>[^ ]+)'",
            )),
            None => {
                let found = self.names.recognised(preferred)?;
                Ok((IdField::Named(found.0.clone()), Some(found.0), found.1))
            }
        }
    }

    fn other(&self, what: &str, spec: Option<&FieldSpec>, id: &IdField) -> Result<Option<TextField>, Refusal> {
        let groups = match id {
            IdField::Pattern(pattern) => Some(pattern),
            IdField::Named(_) => None,
        };
        let named_group = |name: &str| groups.and_then(|pattern| pattern.group_named(name)).map(TextField::Group);
        let Some(spec) = spec else {
            // An access log tells status and time in each line, and there is no doubt where.
            let by_shape = (self.shape == Shape::Access).then(|| TextField::Named(FieldSpec::known(what)));
            return Ok(named_group(what).or(by_shape));
        };
        if let Some(group) = named_group(spec.as_str()) {
            return Ok(Some(group));
        }
        if looks_like_a_pattern(spec.as_str()) {
            let pattern = LinePattern::new(spec.as_str(), what).map_err(|reason| no_pattern(what, spec, &reason))?;
            return Ok(Some(TextField::Pattern(pattern)));
        }
        if self.shape == Shape::Free {
            let known = groups.iter().flat_map(|pattern| pattern.group_names()).collect::<Vec<_>>().join(", ");
            return Err(Refusal::unusable(
                format!("the pattern has no group named {:?}; it has ({known})", spec.as_str()),
                format!("name a group of the pattern (?<{what}>…), or give a pattern of its own"),
            ));
        }
        Ok(Some(TextField::Named(spec.clone())))
    }

    /// The field that seems to hold the status code.
    fn known_status(&self) -> Option<&'static str> {
        STATUS_FIELDS.iter().find(|known| self.names.seen.contains_key(**known)).copied()
    }

    fn in_words(&self, layout: &TextLayout, how: &str, sample: &Sample) -> String {
        let shape = match self.shape {
            Shape::Free => "lines read by a pattern",
            Shape::Access => "an access log",
            Shape::Pairs => "key=value pairs",
        };
        let id = match &layout.id {
            IdField::Pattern(_) => self.options.id.as_ref().map_or("", FieldSpec::as_str),
            IdField::Named(spec) => spec.as_str(),
        };
        // What a shape or a group of the pattern provides is told as if it had been named.
        let mut told = self.options.clone();
        let name = |field: &Option<TextField>, what: &str| {
            field.as_ref().map(|field| match field {
                TextField::Named(spec) => spec.clone(),
                TextField::Group(_) | TextField::Pattern(_) => FieldSpec::known(what),
            })
        };
        told.status = told.status.or_else(|| name(&layout.status, "status"));
        told.time = told.time.or_else(|| name(&layout.time, "time"));
        let with_id = lines_with_id(layout, sample);
        let fields = fields_in_words(id, how, &told, self.known_status());
        format!("{shape}, {fields}; an id in {with_id} of the first {} lines", sample.lines.len())
    }
}

fn lines_with_id(layout: &TextLayout, sample: &Sample) -> usize {
    let mut reader = TextReader::new(layout);
    let mut record = Record::default();
    let mut has_id = |line: &&Vec<u8>| {
        record.clear();
        reader.read(line, &mut record) != Reading::Unreadable && record.ids.len() > 0
    };
    sample.lines.iter().filter(|line| has_id(line)).count()
}

fn no_pattern(what: &str, spec: &FieldSpec, reason: &NotAPattern) -> Refusal {
    Refusal::unusable(
        format!("{:?} is no pattern for its lines: {}", spec.as_str(), reason.0),
        format!("give --received-{what} a regular expression with a group, or choose another --received-format"),
    )
}

/// The names that lines have, and whether all their values are UUIDs, where there were any.
#[derive(Debug, Default)]
struct Names {
    seen: BTreeMap<String, Option<bool>>,
    order: Vec<String>,
    buffer: Vec<u8>,
}

impl Names {
    fn take(&mut self, shape: Shape, line: &[u8]) {
        match shape {
            Shape::Free => {}
            Shape::Access => {
                let Some(access) = Access::parse(line) else { return };
                NAMES.into_iter().zip(access.named()).for_each(|(name, value)| self.note(name.to_owned(), value));
                for (name, value) in access.rest().map_while(Result::ok) {
                    self.note(name.shown(), value);
                }
            }
            Shape::Pairs => {
                for word in Words::of(line).map_while(Result::ok) {
                    if let Word::Pair(key, value) = word {
                        self.note(String::from_utf8_lossy(key).into_owned(), value);
                    }
                }
            }
        }
    }

    fn note(&mut self, name: String, value: Value<'_>) {
        if !self.seen.contains_key(&name) {
            if self.order.len() >= MOST_NAMES {
                return;
            }
            self.order.push(name.clone());
        }
        let decoded = value.decode(&mut self.buffer).is_ok();
        let is_uuid = decoded && Uuid::try_parse_ascii(&self.buffer).is_ok();
        let is_nothing = decoded && self.buffer.is_empty();
        let all = self.seen.entry(name).or_default();
        // An absent value says nothing against a field of UUIDs, and nothing for it.
        if !is_nothing {
            *all = Some(all.unwrap_or(true) && is_uuid);
        }
    }

    fn recognised(&self, preferred: &[FieldSpec]) -> Result<(FieldSpec, &'static str), Refusal> {
        let known = || preferred.iter().map(FieldSpec::as_str).chain(ID_FIELDS.iter().copied());
        let has_values = |name: &&str| self.seen.get(*name).is_some_and(Option::is_some);
        if let Some(name) = known().find(has_values).or_else(|| known().find(|name| self.seen.contains_key(*name))) {
            return Ok((FieldSpec::known(name), "a well-known name"));
        }
        let mut of_uuids = self.seen.iter().filter(|(_, all)| **all == Some(true)).map(|(name, _)| name);
        match (of_uuids.next(), of_uuids.next()) {
            (Some(one), None) => Ok((FieldSpec::known(one), "the only field of UUIDs")),
            _ => Err(no_id_field(&self.order)),
        }
    }

    /// Reads on until every name that is asked for was seen.
    fn require(&mut self, layout: &TextLayout, shape: Shape, stream: impl Read) -> Result<(), Refusal> {
        let name_of = |field: &Option<TextField>| match field {
            Some(TextField::Named(spec)) => Some(spec.as_str().to_owned()),
            Some(TextField::Group(_) | TextField::Pattern(_)) | None => None,
        };
        let id = match &layout.id {
            IdField::Named(spec) => Some(spec.as_str().to_owned()),
            IdField::Pattern(_) => None,
        };
        let asked = [("id", id), ("status", name_of(&layout.status)), ("time", name_of(&layout.time))];
        let mut missing: Vec<(&str, String)> =
            asked.into_iter().filter_map(|(what, name)| Some((what, name?))).collect();
        missing.retain(|(_, name)| !self.seen.contains_key(name));
        let mut lines = LineReader::new(stream);
        while !missing.is_empty() {
            let Some(line) = lines.next_line()? else { break };
            if let Line::Whole(line, _) = line {
                let mut further = Self::default();
                further.take(shape, line.strip_prefix(BOM).unwrap_or(line).trim_ascii());
                missing.retain(|(_, name)| !further.seen.contains_key(name));
            }
        }
        match missing.first() {
            Some((what, name)) => Err(lacks_field(what, name, &self.order)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str, adjust: impl FnOnce(&mut ReceivedOptions)) -> Result<TextChoice, String> {
        let mut options = ReceivedOptions::of([]);
        adjust(&mut options);
        let sample = Sample::of(text.as_bytes()).expect("memory can be read");
        choose(&sample, text.as_bytes(), &options, &[]).map_err(|refusal| format!("{refusal:?}"))
    }

    fn set(id: &'static str) -> impl FnOnce(&mut ReceivedOptions) {
        move |options| options.id = Some(FieldSpec::known(id))
    }

    const ACCESS: &str =
        "h - - [22/Nov/2026:01:28:34 +0000] \"POST / HTTP/1.1\" 200 2 \"-\" \"-\" event_id=\"a\" svix=\"b\"\n";

    #[test]
    fn an_access_log_brings_its_status_and_its_time() {
        let choice = chosen(ACCESS, |_| {}).expect("an access log");
        assert_eq!(choice.layout.id, IdField::Named(FieldSpec::known("event_id")));
        assert_eq!(choice.layout.status, Some(TextField::Named(FieldSpec::known("status"))));
        assert_eq!(choice.layout.time, Some(TextField::Named(FieldSpec::known("time"))));
        assert!(choice.why.contains("received when \"status\" is 200-299"), "{}", choice.why);
        assert!(choice.why.contains("an id in 1 of the first 1 lines"), "{}", choice.why);
        assert!(chosen(ACCESS, set("gh")).map(|_| ()).expect_err("missing").contains("referer, agent, event_id, svix"));
    }

    #[test]
    fn pairs_are_read_by_a_name_and_a_late_one_is_found() {
        let text = "ts=1 x=2\n".repeat(300) + "my_id=a ts=2\n";
        assert_eq!(chosen(&text, set("my_id")).expect("late").layout.id, IdField::Named(FieldSpec::known("my_id")));
        assert!(chosen(&text, set("your_id")).is_err());
        let uuids = "ts=1 a=d18aca67-cfd3-4c00-93aa-0a5bc540856e\nts=2 a=-\n";
        assert_eq!(chosen(uuids, |_| {}).expect("UUIDs").layout.id, IdField::Named(FieldSpec::known("a")));
    }

    #[test]
    fn a_pattern_names_its_fields_by_groups() {
        let text = "22:00 got a 200\n";
        let choice = chosen(text, set(r"^(?<time>\S+) got (?<id>\S+) (?<status>\d+)$")).expect("a pattern");
        assert_eq!((choice.layout.status, choice.layout.time), (Some(TextField::Group(3)), Some(TextField::Group(1))));
        let choice = chosen(text, |options| {
            options.id = Some(FieldSpec::known(r"got (\S+) (?<code>\d+)"));
            options.status = Some(FieldSpec::known("code"));
            options.time = Some(FieldSpec::known(r"^(\S+)"));
        });
        let layout = choice.expect("a pattern").layout;
        assert_eq!(layout.status, Some(TextField::Group(2)));
        assert!(matches!(layout.time, Some(TextField::Pattern(_))));
        let refusal = chosen(text, |options| {
            options.id = Some(FieldSpec::known(r"got (?<id>\S+)"));
            options.status = Some(FieldSpec::known("status"));
        });
        assert!(refusal.map(|_| ()).expect_err("no group").contains("it has (id)"));
    }

    #[test]
    fn free_text_needs_a_pattern() {
        assert!(chosen("got a\n", |_| {}).map(|_| ()).expect_err("none").contains("--received-id"));
        assert!(chosen("got a\n", set("event_id")).map(|_| ()).expect_err("no group").contains("parentheses"));
        assert!(chosen("got a\n", set("(open")).map(|_| ()).expect_err("broken").contains("unclosed"));
    }
}
