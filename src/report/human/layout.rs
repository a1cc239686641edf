//! A page of text of a given width: paragraphs and tables.
//!
//! It owns wrapping, widths and paint, and knows nothing of reports. Text that is handed to it has
//! already been made visible.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle, Width,
};

use super::Symbols;
use crate::report::color::{Color, Paint};
use crate::report::text;

/// The spaces between two columns.
const GAP: u16 = 2;
/// The narrowest page that is laid out; a narrower terminal wraps the lines itself.
const NARROWEST: u16 = 40;

/// Text that grows line by line.
pub(super) struct Page {
    width: u16,
    color: Color,
    symbols: Symbols,
    text: String,
}

impl Page {
    pub(super) fn new(width: u16, color: Color, symbols: Symbols) -> Self {
        Self { width: width.max(NARROWEST), color, symbols, text: String::new() }
    }

    pub(super) fn width(&self) -> u16 {
        self.width
    }

    pub(super) fn symbols(&self) -> Symbols {
        self.symbols
    }

    pub(super) fn ellipsis(&self) -> &'static str {
        match self.symbols {
            Symbols::Unicode => "…",
            Symbols::Ascii => "...",
        }
    }

    fn rule(&self) -> char {
        match self.symbols {
            Symbols::Unicode => '─',
            Symbols::Ascii => '-',
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Leaves a line blank, except at the top.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Writes one line as it is.
    pub(super) fn line(&mut self, indent: u16, paint: Paint, line: &str) {
        self.text.extend(std::iter::repeat_n(' ', usize::from(indent)));
        self.text.push_str(&self.color.paint(paint, line.trim_end()));
        self.text.push('\n');
    }

    /// Writes a text of several lines, each as it is.
    pub(super) fn document(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(0, Paint::Plain, line));
    }

    /// Writes a text, wrapped at words; an empty one leaves no line.
    pub(super) fn paragraph(&mut self, indent: u16, paint: Paint, text: &str) {
        if text.is_empty() {
            return;
        }
        for line in wrap(text, self.width.saturating_sub(indent)) {
            self.line(indent, paint, &line);
        }
    }

    /// Writes one item of a list, wrapped at words.
    pub(super) fn item(&mut self, paint: Paint, text: &str) {
        for (place, line) in wrap(text, self.width.saturating_sub(4)).iter().enumerate() {
            self.text.push_str(if place == 0 { "  - " } else { "    " });
            self.line(0, paint, line);
        }
    }

    /// Writes a text behind a label, its further lines under its first.
    pub(super) fn labelled(&mut self, indent: u16, label_width: u16, label: &str, text: &str) {
        let start = indent.saturating_add(label_width).saturating_add(GAP);
        for (place, line) in wrap(text, self.width.saturating_sub(start)).iter().enumerate() {
            let label = if place == 0 { label } else { "" };
            let label = format!("{label:<width$}", width = usize::from(label_width.saturating_add(GAP)));
            self.text.extend(std::iter::repeat_n(' ', usize::from(indent)));
            self.text.push_str(&self.color.paint(if place == 0 { Paint::Dim } else { Paint::Plain }, &label));
            self.line(0, Paint::Plain, line);
        }
    }

    /// Writes a text behind a mark in its paint and a name, its further lines under its first.
    pub(super) fn marked(&mut self, mark: (Paint, &str, u16), name: (&str, u16), text: (Paint, &str)) {
        let start = mark.2.saturating_add(name.1).saturating_add(2 * GAP);
        let pad = |text: &str, width: u16| usize::from((width + GAP).saturating_sub(width_of(text)));
        for (place, line) in wrap(text.1, self.width.saturating_sub(start)).iter().enumerate() {
            if place == 0 {
                self.text.push_str(&self.color.paint(mark.0, mark.1));
                self.text.extend(std::iter::repeat_n(' ', pad(mark.1, mark.2)));
                self.text.push_str(name.0);
                self.text.extend(std::iter::repeat_n(' ', pad(name.0, name.1)));
                self.line(0, text.0, line);
            } else {
                self.line(start, text.0, line);
            }
        }
    }

    /// Writes a text whose further lines stand a little deeper than its first.
    pub(super) fn hanging(&mut self, indent: u16, paint: Paint, text: &str) {
        for (place, line) in wrap(text, self.width.saturating_sub(indent + GAP)).iter().enumerate() {
            self.line(if place == 0 { indent } else { indent + GAP }, paint, line);
        }
    }

    /// Opens a section.
    pub(super) fn section(&mut self, title: &str, size: u64) {
        self.gap();
        self.line(0, Paint::Bold, &format!("{title} ({})", text::grouped(size)));
    }

    /// Writes a table with a head, each of its rows in the paint it is given.
    pub(super) fn table(&mut self, indent: u16, grid: &Grid, widths: &[u16], paints: &[Paint]) {
        let mut table = grid.layout(widths);
        table.load_style(TableStyle::new().header_separator(LineStyle::none().fill(self.rule())));
        // Where a row took several lines the paints no longer match, and plain is never wrong.
        let paints = if grid.fits(widths) { paints } else { &[] };
        for (place, line) in table.lines().enumerate() {
            let paint = match place {
                0 => Paint::Bold,
                1 => Paint::Dim,
                row => paints.get(row - 2).copied().unwrap_or(Paint::Plain),
            };
            self.line(indent, paint, &line);
        }
    }

    /// Writes rows without a head.
    pub(super) fn rows(&mut self, indent: u16, grid: &Grid, widths: &[u16]) {
        let mut table = grid.layout(widths);
        table.load_style(TableStyle::new());
        for line in table.lines() {
            self.line(indent, Paint::Plain, &line);
        }
    }
}

/// The columns and rows of a table.
#[derive(Clone, Default)]
pub(super) struct Grid {
    pub(super) head: Vec<(&'static str, Align)>,
    pub(super) rows: Vec<Vec<String>>,
}

/// How a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

impl Grid {
    /// The width each column would like to have.
    pub(super) fn widths(&self) -> Vec<u16> {
        self.table().column_max_content_widths()
    }

    /// The width of the rows alone, without the head.
    pub(super) fn row_widths(&self) -> Vec<u16> {
        let mut table = bare();
        table.add_rows(self.rows.iter().map(|row| Row::from(row.clone())));
        table.column_max_content_widths()
    }

    /// How wide a table with these columns is.
    pub(super) fn total(widths: &[u16]) -> u16 {
        let gaps = u16::try_from(widths.len().saturating_sub(1)).unwrap_or(u16::MAX).saturating_mul(GAP);
        widths.iter().fold(gaps, |total, width| total.saturating_add(*width))
    }

    fn fits(&self, widths: &[u16]) -> bool {
        self.widths().iter().zip(widths).all(|(wanted, width)| wanted <= width)
    }

    fn table(&self) -> Table {
        let mut table = bare();
        if !self.head.is_empty() {
            table.set_header(self.head.iter().map(|(title, _)| *title).collect::<Vec<_>>());
        }
        table.add_rows(self.rows.iter().map(|row| Row::from(row.clone())));
        table
    }

    fn layout(&self, widths: &[u16]) -> Table {
        let mut table = self.table();
        let last = widths.len().saturating_sub(1);
        for (place, (column, width)) in table.column_iter_mut().zip(widths).enumerate() {
            let gap = if place == last { 0 } else { GAP };
            column.set_padding((0, gap));
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(gap))));
            if let Some((_, Align::Right)) = self.head.get(place) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

/// A table that asks neither the terminal nor the environment.
fn bare() -> Table {
    let mut table = Table::new();
    table.force_no_tty().set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// How many columns a text takes.
pub(super) fn width_of(text: &str) -> u16 {
    if text.is_ascii() {
        return u16::try_from(text.len()).unwrap_or(u16::MAX);
    }
    let mut table = bare();
    table.add_row([text]);
    table.column_max_content_widths().first().copied().unwrap_or(0)
}

fn wrap(text: &str, width: u16) -> Vec<String> {
    let mut table = bare();
    table.load_style(TableStyle::new());
    table.add_row([Cell::new(text)]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 0));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.max(1))));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}
