//! Single events as JSON lines: one record for each, then a summary.

use std::io::{self, Write};

use serde::Serialize;

use super::JsonLines;
use super::past::write_lines;
use crate::report::inspect::Inspection;
use crate::report::json::inspect::{InspectedView, InspectionDocument};
use crate::report::json::past::Parts;
use crate::report::past::Show;

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    /// An event.
    Event(Box<InspectedView<'a>>),
    /// The last line.
    Summary(InspectionDocument<'a>),
}

impl Show<Inspection> for JsonLines {
    fn show(&self, what: &Inspection, out: &mut dyn Write) -> io::Result<()> {
        let lines = what.events.iter().map(|event| Line::Event(Box::new(InspectedView::of(what, event))));
        write_lines(lines, Line::Summary(InspectionDocument::of(what, Parts::LeftOut)), out)
    }
}
