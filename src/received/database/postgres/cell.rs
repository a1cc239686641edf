//! The values of a PostgreSQL server, out of their binary form.

use std::error::Error;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use tokio_postgres::types::{FromSql, Type};

use crate::received::database::spelling::Cell;

/// Seconds from 1970 to 2000, where PostgreSQL counts from.
const YEAR_2000: i64 = 946_684_800;

/// A value as it came.
pub(super) struct Value(pub(super) Cell);

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(cell(kind, raw)?))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Cell::Null))
    }

    fn accepts(kind: &Type) -> bool {
        is_text(kind) || is_time(kind) || is_whole(kind) || [Type::UUID, Type::BYTEA].contains(kind)
    }
}

/// Whether values of the type are texts.
pub(super) fn is_text(kind: &Type) -> bool {
    [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::UNKNOWN].contains(kind) || kind.name() == "citext"
}

/// Whether values of the type are whole numbers that a word can hold.
pub(super) fn is_whole(kind: &Type) -> bool {
    [Type::INT2, Type::INT4, Type::INT8].contains(kind)
}

/// Whether values of the type are points in time.
pub(super) fn is_time(kind: &Type) -> bool {
    [Type::TIMESTAMPTZ, Type::TIMESTAMP, Type::DATE].contains(kind)
}

fn cell(kind: &Type, raw: &[u8]) -> Result<Cell, Box<dyn Error + Sync + Send>> {
    Ok(match *kind {
        Type::UUID => Cell::Uuid(raw.try_into()?),
        Type::BYTEA => Cell::Bytes(raw.to_vec()),
        Type::INT2 => Cell::Integer(i64::from(i16::from_be_bytes(raw.try_into()?))),
        Type::INT4 => Cell::Integer(i64::from(i32::from_be_bytes(raw.try_into()?))),
        Type::INT8 => Cell::Integer(i64::from_be_bytes(raw.try_into()?)),
        Type::TIMESTAMPTZ => {
            let time = instant(i64::from_be_bytes(raw.try_into()?));
            text(time.map(|time| format!("{}Z", time.format("%FT%T%.6f"))))
        }
        // Without a zone of its own; whoever reads it knows which is meant.
        Type::TIMESTAMP => {
            let time = instant(i64::from_be_bytes(raw.try_into()?));
            text(time.map(|time| time.format("%FT%T%.6f").to_string()))
        }
        Type::DATE => {
            let days = i64::from(i32::from_be_bytes(raw.try_into()?));
            let start = NaiveDate::from_ymd_opt(2000, 1, 1);
            let date = start.and_then(|start| start.checked_add_signed(TimeDelta::try_days(days)?));
            text(date.map(|date| date.format("%FT00:00:00").to_string()))
        }
        _ => Cell::Text(raw.to_vec()),
    })
}

/// A time that lies beyond the calendar, such as infinity, is none.
fn text(time: Option<String>) -> Cell {
    time.map_or(Cell::Null, |time| Cell::Text(time.into_bytes()))
}

/// Microseconds since 2000 as a point in time.
fn instant(micros: i64) -> Option<NaiveDateTime> {
    let since_1970 = micros.checked_add(YEAR_2000.checked_mul(1_000_000)?)?;
    DateTime::from_timestamp_micros(since_1970).map(|time| time.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &Type, raw: &[u8]) -> Option<Cell> {
        cell(kind, raw).ok()
    }

    #[test]
    fn times_are_counted_from_the_year_2000() {
        let micros = (1_795_310_914_i64 - YEAR_2000) * 1_000_000 + 250_000;
        let text = |text: &str| Some(Cell::Text(text.as_bytes().to_vec()));
        assert_eq!(read(&Type::TIMESTAMPTZ, &micros.to_be_bytes()), text("2026-11-22T01:28:34.250000Z"));
        assert_eq!(read(&Type::TIMESTAMP, &micros.to_be_bytes()), text("2026-11-22T01:28:34.250000"));
        assert_eq!(read(&Type::DATE, &366_i32.to_be_bytes()), text("2001-01-01T00:00:00"));
        for infinity in [i64::MAX, i64::MIN] {
            assert_eq!(read(&Type::TIMESTAMPTZ, &infinity.to_be_bytes()), Some(Cell::Null));
        }
        assert_eq!(read(&Type::DATE, &i32::MAX.to_be_bytes()), Some(Cell::Null));
    }

    #[test]
    fn values_of_a_wrong_length_are_errors() {
        for kind in [Type::UUID, Type::INT2, Type::INT4, Type::INT8, Type::TIMESTAMPTZ, Type::TIMESTAMP, Type::DATE] {
            assert_eq!(read(&kind, b"abc"), None, "{kind}");
        }
    }
}
