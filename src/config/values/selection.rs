//! Which events a person selects, from texts.

use crate::config::error::Unusable;
use crate::config::suggest::nearest;
use crate::event::{DeliveryStatus, EventId};
use crate::selection::{CodeChoice, Selection, VerdictKind};

use super::number::parse_status_codes;

/// The selection of statuses that admits each of them.
const ALL: &str = "all";
/// The status code of events of which the vendor states none.
const WITHOUT: &str = "none";

/// What was written of a selection, each part a list; lists may also be separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectionTexts {
    /// Delivery statuses.
    pub status: Vec<String>,
    /// Verdicts.
    pub verdict: Vec<String>,
    /// Status codes.
    pub status_code: Vec<String>,
    /// Event types.
    pub event_type: Vec<String>,
    /// Event ids; never separated by commas, which an id may hold.
    pub id: Vec<String>,
}

impl SelectionTexts {
    /// Makes the selection; the name of the flag comes with what can't be used.
    ///
    /// # Errors
    /// When a text is none of the known ones.
    pub fn parse(&self) -> Result<Selection, (&'static str, Unusable)> {
        let named = |flag: &'static str| move |unusable| (flag, unusable);
        let mut selection = Selection::default();
        for text in parts(&self.status) {
            match text {
                ALL => selection.statuses.extend(DeliveryStatus::ALL),
                text => selection.statuses.push(status(text).map_err(named("--status"))?),
            }
        }
        for text in parts(&self.verdict) {
            selection.verdicts.push(verdict(text).map_err(named("--verdict"))?);
        }
        for text in parts(&self.status_code) {
            match text {
                WITHOUT => selection.codes.push(CodeChoice::Without),
                text => {
                    let ranges = parse_status_codes(text)
                        .map_err(|unusable| unusable.hint("write codes such as 404, 500-599, 5xx, or none"));
                    selection.codes.extend(ranges.map_err(named("--status-code"))?.into_iter().map(CodeChoice::Among));
                }
            }
        }
        selection.event_types = parts(&self.event_type).map(str::to_owned).collect();
        for text in &self.id {
            let id = EventId::new(text.trim()).map_err(|error| ("--id", Unusable::new(error.to_string())))?;
            selection.ids.insert(id);
        }
        Ok(selection)
    }
}

fn parts(texts: &[String]) -> impl Iterator<Item = &str> {
    texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|part| !part.is_empty())
}

fn status(text: &str) -> Result<DeliveryStatus, Unusable> {
    let found = DeliveryStatus::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(text));
    let names = DeliveryStatus::ALL.map(DeliveryStatus::name);
    found.ok_or_else(|| unknown(text, names.into_iter().chain([ALL])))
}

fn verdict(text: &str) -> Result<VerdictKind, Unusable> {
    VerdictKind::from_name(text).ok_or_else(|| unknown(text, VerdictKind::ALL.map(VerdictKind::name)))
}

fn unknown(text: &str, names: impl IntoIterator<Item = &'static str>) -> Unusable {
    let names: Vec<&str> = names.into_iter().collect();
    let error = Unusable::new(format!("{text:?} is not known"));
    match nearest(text, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean {near}? It takes: {}", names.join(", "))),
        None => error.hint(format!("it takes: {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn lists_may_be_repeated_or_separated_by_commas() {
        let written = SelectionTexts {
            status: texts(&["failed, pending"]),
            verdict: texts(&["missing", "lost-after-ack"]),
            status_code: texts(&["404,5xx", "none"]),
            event_type: texts(&["SaleCreated"]),
            id: texts(&["a,b", " c "]),
        };
        let selection = written.parse().unwrap();
        assert_eq!(selection.statuses, [DeliveryStatus::Failed, DeliveryStatus::Pending]);
        assert_eq!(selection.verdicts, [VerdictKind::Missing, VerdictKind::LostAfterAck]);
        let among = CodeChoice::Among;
        assert_eq!(selection.codes, [among(404..=404), among(500..=599), CodeChoice::Without]);
        assert_eq!(selection.ids.len(), 2);
        assert_eq!(SelectionTexts::default().parse().unwrap(), Selection::default());
        let all = SelectionTexts { status: texts(&["all"]), ..SelectionTexts::default() };
        assert_eq!(all.parse().unwrap().statuses.len(), DeliveryStatus::ALL.len());
    }

    #[test]
    fn a_mistake_names_its_flag_and_what_was_meant() {
        let wrong = SelectionTexts { verdict: texts(&["mising"]), ..SelectionTexts::default() };
        let (flag, unusable) = wrong.parse().unwrap_err();
        assert_eq!(flag, "--verdict");
        assert!(unusable.hint.unwrap().starts_with("did you mean missing?"));
        let wrong = SelectionTexts { status_code: texts(&["4o4"]), ..SelectionTexts::default() };
        assert_eq!(wrong.parse().unwrap_err().0, "--status-code");
        let wrong = SelectionTexts { id: texts(&[" "]), ..SelectionTexts::default() };
        assert_eq!(wrong.parse().unwrap_err().0, "--id");
    }
}
