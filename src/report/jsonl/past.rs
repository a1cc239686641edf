//! The past as JSON lines: one record for each run, attempt and stay in quarantine, then a summary.

use std::io::{self, Write};

use serde::Serialize;

use super::{BATCH_BYTES, JsonLines};
use crate::report::json::append_compact;
use crate::report::json::past::{AttemptView, HistoryDocument, Parts, QuarantineDocument, RunView, StayView};
use crate::report::past::{Answer, Answers, QuarantineList, Released, RunList, Show};

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    /// A run.
    Run(RunView<'a>),
    /// An attempt.
    Attempt(AttemptView<'a>),
    /// An event that is or was in quarantine.
    Quarantined(StayView<'a>),
    /// An event that was just released.
    Released(StayView<'a>),
    /// The last line about the quarantine.
    #[serde(rename = "summary")]
    QuarantineSummary(QuarantineDocument<'a>),
    /// The last line about runs and attempts.
    #[serde(rename = "summary")]
    HistorySummary(HistoryDocument<'a>),
}

impl Show<QuarantineList> for JsonLines {
    fn show(&self, what: &QuarantineList, out: &mut dyn Write) -> io::Result<()> {
        let events = what.events.iter().map(|event| Line::Quarantined(StayView::of(event, &what.names)));
        write_lines(events, Line::QuarantineSummary(QuarantineDocument::listed(what, Parts::LeftOut)), out)
    }
}

impl Show<Released> for JsonLines {
    fn show(&self, what: &Released, out: &mut dyn Write) -> io::Result<()> {
        let events = what.events.iter().map(|event| Line::Released(StayView::of(event, &what.names)));
        write_lines(events, Line::QuarantineSummary(QuarantineDocument::released(what, Parts::LeftOut)), out)
    }
}

impl Show<RunList> for JsonLines {
    fn show(&self, what: &RunList, out: &mut dyn Write) -> io::Result<()> {
        let runs = what.runs.iter().map(|run| Line::Run(RunView::of(run, &what.names)));
        write_lines(runs, Line::HistorySummary(HistoryDocument::of_runs(what, Parts::LeftOut)), out)
    }
}

impl Show<Answers> for JsonLines {
    fn show(&self, what: &Answers, out: &mut dyn Write) -> io::Result<()> {
        let lines = what.answers.iter().flat_map(|answer| {
            let (run, attempts, stays) = match answer {
                Answer::Event(past) => (None, &past.attempts, &past.stays[..]),
                Answer::Run(past) => (Some(&past.run), &past.attempts, &[][..]),
            };
            let run = run.map(|run| Line::Run(RunView::of(run, &what.names)));
            let attempts = attempts.iter().map(|attempt| Line::Attempt(AttemptView::of(attempt, &what.names)));
            let stays = stays.iter().map(|stay| Line::Quarantined(StayView::of(stay, &what.names)));
            run.into_iter().chain(attempts).chain(stays)
        });
        write_lines(lines, Line::HistorySummary(HistoryDocument::of_answers(what, Parts::LeftOut)), out)
    }
}

/// Writes whole lines, a batch of them at a time.
pub(super) fn write_lines<L: Serialize>(
    lines: impl Iterator<Item = L>,
    summary: L,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut batch = Vec::with_capacity(BATCH_BYTES + 1024);
    for line in lines.chain(std::iter::once(summary)) {
        append_compact(&mut batch, &line)?;
        batch.push(b'\n');
        if batch.len() >= BATCH_BYTES {
            out.write_all(&batch)?;
            batch.clear();
        }
    }
    out.write_all(&batch)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::past::sample::{
        answers, attempt, event_past, killed, list, quarantined, released, released_stay, run, runs,
    };
    use crate::report::past::{Extent, RunPast};

    fn lines<T>(what: &T) -> Vec<Value>
    where
        JsonLines: Show<T>,
    {
        let mut bytes = Vec::new();
        JsonLines.show(what, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.ends_with('\n') && text.lines().all(|line| line.starts_with(r#"{"type":""#)), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn types<T>(what: &T) -> Vec<String>
    where
        JsonLines: Show<T>,
    {
        lines(what).iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_record_is_a_line_with_its_type_and_a_summary_ends_them() {
        assert_eq!(types(&list(vec![quarantined(1), quarantined(2)])), ["quarantined", "quarantined", "summary"]);
        assert_eq!(types(&released(vec![quarantined(1)])), ["released", "summary"]);
        assert_eq!(types(&runs(vec![killed(2), run(1)], Extent::Whole)), ["run", "run", "summary"]);
        let event = event_past(vec![attempt(1)], vec![released_stay(2)]);
        let run = Answer::Run(RunPast { run: run(1), attempts: vec![attempt(1)] });
        assert_eq!(types(&answers(vec![event, run])), ["attempt", "quarantined", "run", "attempt", "summary"]);
    }

    #[test]
    fn the_summary_is_the_document_without_its_records() {
        let summary = lines(&list(vec![quarantined(1)])).pop().unwrap();
        assert_eq!((&summary["schema"], &summary["count"]), (&"hookmend/quarantine/1".into(), &1.into()));
        assert_eq!(summary.get("events"), None);
        let summary = lines(&runs(Vec::new(), Extent::Whole)).pop().unwrap();
        assert_eq!((&summary["schema"], &summary["truncated"]), (&"hookmend/history/1".into(), &false.into()));
        assert_eq!(summary.get("runs"), None);
    }

    #[test]
    fn many_records_are_all_written() {
        let many = list((0..2_000).map(quarantined).collect());
        assert_eq!(lines(&many).len(), 2_001);
    }
}
