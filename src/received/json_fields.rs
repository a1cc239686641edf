//! Finds the fields of a log of JSON lines: those that were named must exist, else one is recognised.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value;
use uuid::Uuid;

use super::jsonl::{JsonFields, JsonlReader};
use super::lines::{Line, LineReader};
use super::options::{FieldSpec, ReceivedOptions};
use super::plan::{Refusal, fields_in_words, lacks_field, no_id_field};
use super::record::{Reading, Record, RecordReader};
use super::scan::BOM;
use super::well_known::{ID_FIELDS, STATUS_FIELDS};

/// After so many lines a field that was seen is taken; a field that was not is looked for further.
const LINES_TO_JUDGE: usize = 200;
const MOST_FIELDS_NAMED: usize = 20;
const MOST_KEYS_JUDGED: usize = 1_000;

/// The fields of a log, and why.
pub(super) struct JsonChoice {
    /// Where the fields are.
    pub(super) fields: JsonFields,
    /// The id field, if it was found rather than named.
    pub(super) found_id: Option<FieldSpec>,
    /// A field that seems to hold the status code and is not used.
    pub(super) unused_status: Option<FieldSpec>,
    /// The choice in words.
    pub(super) why: String,
}

/// Finds the fields; reads on until each was seen.
pub(super) fn choose(
    stream: impl Read,
    options: &ReceivedOptions,
    preferred: &[FieldSpec],
) -> Result<JsonChoice, Refusal> {
    let mut survey = Survey::new(options, preferred);
    let mut lines = LineReader::new(stream);
    let mut first = true;
    while !survey.is_sure() {
        let Some(line) = lines.next_line()? else { break };
        if let Line::Whole(bytes, _) = line {
            survey.take(if first { bytes.strip_prefix(BOM).unwrap_or(bytes) } else { bytes });
        }
        first = false;
    }
    survey.finish(options)
}

/// A field that must exist.
struct Probe {
    what: &'static str,
    spec: FieldSpec,
    reader: JsonlReader,
    seen: bool,
}

/// What is known of the fields after some lines.
struct Survey {
    named: Vec<Probe>,
    /// Fields that may hold the id, the likeliest first; empty when the id field is named.
    candidates: Vec<Probe>,
    record: Record,
    objects: usize,
    names: Vec<String>,
    /// Top-level keys and whether all their values are UUIDs.
    uuid_keys: BTreeMap<String, bool>,
    unused_status: Option<&'static str>,
}

impl Survey {
    fn new(options: &ReceivedOptions, preferred: &[FieldSpec]) -> Self {
        let probe = |what, spec: &FieldSpec| {
            let fields = JsonFields { id: spec.clone(), status: None, time: None };
            Probe { what, spec: spec.clone(), reader: JsonlReader::new(&fields), seen: false }
        };
        let named = [("id", &options.id), ("status", &options.status), ("time", &options.time)];
        let well_known = ID_FIELDS.iter().map(|name| FieldSpec::known(name));
        let candidates: Vec<FieldSpec> = match options.id {
            Some(_) => Vec::new(),
            None => preferred.iter().cloned().chain(well_known).collect(),
        };
        Self {
            named: named.iter().filter_map(|(what, spec)| Some(probe(*what, spec.as_ref()?))).collect(),
            candidates: candidates.iter().map(|spec| probe("id", spec)).collect(),
            record: Record::default(),
            objects: 0,
            names: Vec::new(),
            uuid_keys: BTreeMap::new(),
            unused_status: None,
        }
    }

    fn is_sure(&self) -> bool {
        let named_seen = self.named.iter().all(|probe| probe.seen);
        let id_found = self.candidates.is_empty()
            || (self.objects >= LINES_TO_JUDGE && self.candidates.iter().any(|probe| probe.seen));
        // A few objects are looked at in any case, for the names of their fields.
        named_seen && id_found && self.objects > 0
    }

    fn take(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let id_is_named = self.candidates.is_empty();
        for probe in self.named.iter_mut().chain(&mut self.candidates).filter(|probe| !probe.seen) {
            self.record.clear();
            // A field that exists but holds something odd is still the field that was meant.
            let understood = probe.reader.read(line, &mut self.record) == Reading::Understood;
            probe.seen = match probe.what {
                "id" if !id_is_named => understood && self.record.ids.len() > 0,
                _ => self.record.has_id_field,
            };
        }
        if self.objects < LINES_TO_JUDGE
            && let Ok(Value::Object(object)) = serde_json::from_slice::<Value>(line)
        {
            self.objects += 1;
            self.note_keys(&object);
        } else if line.trim_ascii_start().first() == Some(&b'{') {
            self.objects += 1;
        }
    }

    fn note_keys(&mut self, object: &serde_json::Map<String, Value>) {
        for (key, value) in object {
            self.note_name(key.clone());
            if let Value::Object(inner) = value {
                inner.keys().for_each(|inner| self.note_name(format!("/{}/{}", escaped(key), escaped(inner))));
            }
            if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
                let is_uuid = Uuid::try_parse(text).is_ok();
                if self.uuid_keys.len() < MOST_KEYS_JUDGED || self.uuid_keys.contains_key(key) {
                    *self.uuid_keys.entry(key.clone()).or_insert(true) &= is_uuid;
                }
            }
        }
        let status = STATUS_FIELDS.iter().find(|name| object.contains_key(**name));
        self.unused_status = self.unused_status.or(status.copied());
    }

    fn note_name(&mut self, name: String) {
        if self.names.len() < MOST_FIELDS_NAMED && !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn finish(mut self, options: &ReceivedOptions) -> Result<JsonChoice, Refusal> {
        if self.objects == 0 {
            return Err(Refusal::unusable(
                "none of its lines is a JSON object",
                "say how it is to be read with --received-format",
            ));
        }
        if let Some(probe) = self.named.iter().find(|probe| !probe.seen) {
            return Err(lacks_field(probe.what, probe.spec.as_str(), &self.names));
        }
        let (id, found_id, how) = match &options.id {
            Some(id) => (id.clone(), None, "as it was said"),
            None => {
                let (found, how) = self.recognised()?;
                (found.clone(), Some(found), how)
            }
        };
        let why = fields_in_words(id.as_str(), how, options, self.unused_status);
        Ok(JsonChoice {
            fields: JsonFields { id, status: options.status.clone(), time: options.time.clone() },
            found_id,
            unused_status: self.unused_status.filter(|_| options.status.is_none()).map(FieldSpec::known),
            why,
        })
    }

    fn recognised(&mut self) -> Result<(FieldSpec, &'static str), Refusal> {
        if let Some(probe) = self.candidates.iter().find(|probe| probe.seen) {
            return Ok((probe.spec.clone(), "a well-known name"));
        }
        let mut of_uuids = self.uuid_keys.iter().filter(|(_, all)| **all).map(|(name, _)| name);
        match (of_uuids.next(), of_uuids.next()) {
            (Some(one), None) => Ok((FieldSpec::known(one), "the only field of UUIDs")),
            _ => Err(no_id_field(&self.names)),
        }
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str, id: Option<&str>, status: Option<&str>) -> Result<String, String> {
        let mut options = ReceivedOptions::of([]);
        options.id = id.map(FieldSpec::known);
        options.status = status.map(FieldSpec::known);
        let choice = choose(text.as_bytes(), &options, &[]).map_err(|refusal| format!("{refusal:?}"))?;
        Ok(choice.fields.id.to_string())
    }

    #[test]
    fn a_named_field_must_exist_somewhere() {
        let late = "{\"x\":1}\n".repeat(500) + "{\"my_id\":\"\"}\n";
        assert_eq!(chosen(&late, Some("my_id"), None).as_deref(), Ok("my_id"));
        let refusal = chosen("{\"x\":1,\"y\":{\"z/a\":2}}\n", Some("my_id"), None).expect_err("it is nowhere");
        assert!(refusal.contains("x, y, /y/z~1a"), "{refusal}");
        let refusal = chosen("{\"id\":1}\n", Some("id"), Some("status")).expect_err("it is nowhere");
        assert!(refusal.contains("--received-status"), "{refusal}");
    }

    #[test]
    fn the_likeliest_well_known_field_with_an_id_is_taken() {
        assert_eq!(chosen("{\"id\":1,\"event_id\":\"a\"}\n", None, None).as_deref(), Ok("event_id"));
        assert_eq!(chosen("{\"id\":1,\"event_id\":\"\"}\n", None, None).as_deref(), Ok("id"));
        assert_eq!(chosen("{\"event\":{\"id\":\"a\"}}\n", None, None).as_deref(), Ok("event.id"));
    }

    #[test]
    fn the_only_field_of_uuids_is_taken_and_of_two_none() {
        let uuid = "d18aca67-cfd3-4c00-93aa-0a5bc540856e";
        let one = format!("{{\"a\":\"{uuid}\",\"b\":\"x\"}}\n");
        assert_eq!(chosen(&one, None, None).as_deref(), Ok("a"));
        let two = format!("{{\"a\":\"{uuid}\",\"b\":\"{uuid}\"}}\n");
        assert!(chosen(&two, None, None).expect_err("two").contains("--received-id"));
    }

    #[test]
    fn a_file_without_an_object_is_refused() {
        assert!(chosen("plain\n", Some("id"), None).expect_err("no object").contains("JSON object"));
    }
}
