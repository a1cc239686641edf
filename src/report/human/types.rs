//! Event types: their names as a table where the vendor's answer has names, else the answer as it came;
//! and a schema as it came.

use std::io;

use super::layout::{Align, Grid, Page};
use super::past::{count_of, words_of};
use super::{Human, Verbosity};
use crate::report::color::Paint;
use crate::report::json;
use crate::report::past::Show;
use crate::report::vendor::{NamedType, TypeList, TypeSchema, named_types};

/// The most types that are shown.
const MOST_ROWS: usize = 1_000;
/// The most characters of a name that are shown.
const MOST_NAME: usize = 100;
/// The most characters of what a type is about that are shown.
const MOST_ABOUT: usize = 300;
/// The least width in which that is still readable.
const LEAST_ABOUT: u16 = 20;

impl Show<TypeList> for Human {
    fn show(&self, what: &TypeList, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        let Some(types) = named_types(&what.answer) else {
            page.document(&json::pretty(&what.answer)?);
            return self.write_page(page, out);
        };
        table(&mut page, &types);
        match self.verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal | Verbosity::Verbose => {
                page.gap();
                let count = count_of(types.len(), "event type");
                page.paragraph(0, Paint::Plain, &format!("{count}. `hookmend types TYPE` shows the schema of one."));
            }
        }
        self.write_page(page, out)
    }
}

fn table(page: &mut Page, types: &[NamedType<'_>]) {
    if types.is_empty() {
        return;
    }
    let shown = &types[..types.len().min(MOST_ROWS)];
    let has_about = shown.iter().any(|named| named.about.is_some());
    let mut head = vec![("Event type", Align::Left), ("About", Align::Left)];
    head.truncate(if has_about { 2 } else { 1 });
    let row = |named: &NamedType<'_>| {
        let about = words_of(page, named.about.unwrap_or_default(), MOST_ABOUT);
        let mut row = vec![words_of(page, named.name, MOST_NAME), about];
        row.truncate(head.len());
        row
    };
    let grid = Grid { rows: shown.iter().map(row).collect(), head };
    let mut widths = grid.widths();
    if let [name, about] = widths.as_mut_slice() {
        let room = page.width().saturating_sub(Grid::total(&[*name, 0]));
        *about = (*about).min(room.max(LEAST_ABOUT));
    }
    page.table(0, &grid, &widths, &[]);
    if let Some(more) = types.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let more = count_of(more, "more event type");
        page.paragraph(0, Paint::Dim, &format!("{more} not shown; --format json has them all."));
    }
}

impl Show<TypeSchema> for Human {
    fn show(&self, what: &TypeSchema, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        page.document(&json::pretty(&what.answer)?);
        self.write_page(page, out)
    }
}
