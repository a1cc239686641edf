//! Finds the columns of a table by name, by number or by what they hold.

use uuid::Uuid;

use super::csv::{CsvLayout, FirstRow};
use super::detect::{Sample, delimiter_name};
use super::options::{FieldSpec, ReceivedOptions};
use super::plan::{Refusal, fields_in_words, first_row_word, lacks_field, no_id_field};
use super::well_known::{ID_FIELDS, STATUS_FIELDS};

/// The layout of a table, and why.
pub(super) struct TableChoice {
    /// Where its fields are.
    pub(super) layout: CsvLayout,
    /// The id column, if it was found rather than named.
    pub(super) found_id: Option<FieldSpec>,
    /// A field that seems to hold the status code and is not used.
    pub(super) unused_status: Option<FieldSpec>,
    /// The choice in words.
    pub(super) why: String,
}

/// Finds the columns of a table.
///
/// The first row is a header when any column is named or recognised by its name. When all columns
/// are given by number it is data, unless the id column begins with a well-known name.
pub(super) fn choose(
    sample: &Sample,
    options: &ReceivedOptions,
    preferred: &[FieldSpec],
) -> Result<TableChoice, Refusal> {
    let delimiter = sample.delimiter_of_table();
    let rows = sample.rows(delimiter);
    let Some(first) = rows.first() else {
        return Err(Refusal::unusable("its first row has no end", "look for a quote that is left open"));
    };
    let mut first_row = FirstRow::Data;
    let mut column = |what: &str, spec: &FieldSpec| match named_column(first, spec)? {
        Some(position) => {
            first_row = FirstRow::Header;
            Ok(position)
        }
        None => spec
            .column_number()
            .filter(|&column| column < first.len())
            .ok_or_else(|| lacks_field(what, spec.as_str(), first)),
    };
    let status = options.status.as_ref().map(|spec| column("status", spec)).transpose()?;
    let time = options.time.as_ref().map(|spec| column("time", spec)).transpose()?;
    let (id, found_id, how) = match &options.id {
        Some(spec) => (column("id", spec)?, None, "as it was said"),
        None => {
            let (id, how, row) = recognised(&rows, preferred)?;
            if row == FirstRow::Header {
                first_row = row;
            }
            (id, (row == FirstRow::Header).then(|| FieldSpec::known(&first[id])), how)
        }
    };
    if ID_FIELDS.contains(&first[id].as_str()) {
        first_row = FirstRow::Header;
    }
    let name = match first_row {
        FirstRow::Header => first[id].clone(),
        FirstRow::Data => (id + 1).to_string(),
    };
    let unused_status = first.iter().find(|cell| STATUS_FIELDS.contains(&cell.as_str()));
    let fields = fields_in_words(&name, how, options, unused_status.map(String::as_str));
    let why = format!(
        "{} columns separated by {} {}, {fields}",
        first.len(),
        delimiter_name(delimiter),
        first_row_word(first_row)
    );
    Ok(TableChoice {
        layout: CsvLayout { delimiter, columns: first.len(), first_row, id, status, time },
        found_id,
        unused_status: unused_status.filter(|_| status.is_none()).map(|name| FieldSpec::known(name)),
        why,
    })
}

/// The column with this name: exactly, else without regard to case.
fn named_column(header: &[String], spec: &FieldSpec) -> Result<Option<usize>, Refusal> {
    let name = spec.as_str().trim();
    let positions = |is_it: &dyn Fn(&str) -> bool| -> Vec<usize> {
        header.iter().enumerate().filter(|(_, cell)| is_it(cell)).map(|(position, _)| position).collect()
    };
    let exact = positions(&|cell| cell == name);
    let found = if exact.is_empty() { positions(&|cell| cell.eq_ignore_ascii_case(name)) } else { exact };
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(Refusal::unusable(
            format!("it has {} columns named {name:?}", found.len()),
            "name the column by its number, counted from 1",
        )),
    }
}

fn recognised(rows: &[Vec<String>], preferred: &[FieldSpec]) -> Result<(usize, &'static str, FirstRow), Refusal> {
    let header = &rows[0];
    for spec in preferred.iter().map(FieldSpec::as_str).chain(ID_FIELDS.iter().copied()) {
        if let Some(column) = named_column(header, &FieldSpec::known(spec))? {
            return Ok((column, "a well-known name", FirstRow::Header));
        }
    }
    let body = || rows.iter().skip(1).filter(|row| row.len() == header.len());
    let holds_uuids = |&column: &usize| {
        let mut cells = body().map(|row| &row[column]).filter(|cell| !cell.is_empty()).peekable();
        let first_too = Uuid::try_parse(&header[column]).is_ok();
        (cells.peek().is_some() || first_too) && cells.all(|cell| Uuid::try_parse(cell).is_ok())
    };
    match (0..header.len()).filter(holds_uuids).collect::<Vec<_>>()[..] {
        [one] if Uuid::try_parse(&header[one]).is_ok() => Ok((one, "the only column of UUIDs", FirstRow::Data)),
        [one] => Ok((one, "the only column of UUIDs", FirstRow::Header)),
        _ => Err(no_id_field(header)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "d18aca67-cfd3-4c00-93aa-0a5bc540856e";

    fn chosen(text: &str, id: Option<&str>, status: Option<&str>) -> Result<CsvLayout, String> {
        let sample = Sample::of(text.as_bytes()).expect("memory can be read");
        let mut options = ReceivedOptions::of([]);
        options.id = id.map(FieldSpec::known);
        options.status = status.map(FieldSpec::known);
        choose(&sample, &options, &[]).map(|choice| choice.layout).map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn columns_are_found_by_name_or_number() {
        let text = "time,Event-Id,code\n1,a,200\n";
        let by_name = chosen(text, Some("event-id"), Some("code")).expect("the columns exist");
        assert_eq!((by_name.id, by_name.status, by_name.first_row), (1, Some(2), FirstRow::Header));
        let by_number = chosen(text, Some("2"), Some("3")).expect("the columns exist");
        assert_eq!((by_number.id, by_number.status, by_number.first_row), (1, Some(2), FirstRow::Data));
        let mixed = chosen(text, Some("2"), Some("code")).expect("the columns exist");
        assert_eq!(mixed.first_row, FirstRow::Header);
    }

    #[test]
    fn a_missing_column_is_refused_with_the_columns_that_exist() {
        let refusal = chosen("time,name\n1,a\n", Some("event_id"), None).expect_err("no such column");
        assert!(refusal.contains("event_id") && refusal.contains("time, name"), "{refusal}");
        assert!(chosen("time,name\n1,a\n", Some("3"), None).is_err());
        assert!(chosen("id,id\n1,a\n", Some("id"), None).expect_err("ambiguous").contains("2 columns"));
    }

    #[test]
    fn without_a_name_a_well_known_column_or_the_only_one_of_uuids_is_taken() {
        assert_eq!(chosen("id,event_id\n1,a\n", None, None).expect("well known").id, 1);
        let headless = chosen(&format!("x,{UUID}\ny,{UUID}\n"), None, None).expect("a column of UUIDs");
        assert_eq!((headless.id, headless.first_row), (1, FirstRow::Data));
        let with_header = chosen(&format!("what,which\ny,{UUID}\n"), None, None).expect("a column of UUIDs");
        assert_eq!((with_header.id, with_header.first_row), (1, FirstRow::Header));
        let refusal = chosen(&format!("a,b\n{UUID},{UUID}\n"), None, None).expect_err("two columns of UUIDs");
        assert!(refusal.contains("--received-id"), "{refusal}");
    }
}
